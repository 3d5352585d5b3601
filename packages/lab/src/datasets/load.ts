import { open, readFile } from 'node:fs/promises'
import { FuseSearchError, readJsonLines } from 'fusesearch/core'
import { z } from 'zod'
import type { DeclaredGold, Instance } from './instance.ts'

/** A row that can't be read as an instance. */
export interface BadRow {
  readonly source: string
  readonly line: number
  readonly message: string
}

/** The contents of a file. */
export interface Dataset {
  readonly instances: readonly Instance[]
  /** Bad rows that were left out, each with its reason; empty without `skipBad`. */
  readonly skipped: readonly BadRow[]
}

/** How to load. */
export interface LoadOptions {
  /** Leaves bad rows out and reports them; otherwise the first one is an error. */
  readonly skipBad?: boolean
}

/**
 * Loads a dataset file: JSONL, a JSON array, or Parquet (recognized by its first bytes). Instances keep the file's
 * order.
 * @throws FuseSearchError `bad-dataset` for a file that can't be read, has no instances, or (without `skipBad`)
 * has a bad row, which is named by its line.
 */
export async function loadDataset(path: string, options: LoadOptions = {}): Promise<Dataset> {
  const instances: Instance[] = []
  const skipped: BadRow[] = []
  const lineOfId = new Map<string, number>()
  for await (const { line, read } of readRows(path)) {
    const earlier = read.ok ? lineOfId.get(read.instance.id) : undefined
    if (read.ok && earlier === undefined) {
      lineOfId.set(read.instance.id, line)
      instances.push(read.instance)
      continue
    }
    const message = read.ok ? `instance_id '${read.instance.id}' is already on line ${earlier}` : read.message
    if (options.skipBad !== true) throw badRow({ source: path, line, message })
    skipped.push({ source: path, line, message })
  }
  if (instances.length > 0) return { instances, skipped }
  const [first] = skipped
  const why = first === undefined ? 'it is empty' : `line ${first.line}: ${first.message}`
  throw new FuseSearchError(`${path} has no instances (${why}). Give a dataset in SWE-bench's format.`, {
    code: 'bad-dataset',
  })
}

/** The message for a bad row, whether it stops the load or is skipped. */
export function describeBadRow(row: BadRow): string {
  return `${row.source}:${row.line}: bad row: ${row.message}`
}

interface NumberedRow {
  readonly line: number
  readonly read: ReadRow
}

async function* readRows(path: string): AsyncGenerator<NumberedRow> {
  const rows = await valuesOf(path)
  for (const { line, value, message } of rows) {
    const read: ReadRow = message === undefined ? readRow(value, { source: path, line }) : { ok: false, message }
    yield { line, read }
  }
}

interface NumberedValue {
  readonly line: number
  readonly value?: unknown
  readonly message?: string
}

async function valuesOf(path: string): Promise<Iterable<NumberedValue>> {
  try {
    if (await isParquet(path)) return numbered(await readParquet(path))
    const content = await readFile(path, 'utf8')
    if (/^\uFEFF?\s*\[/.test(content)) return numbered(parseArray(content))
    return jsonLines(content)
  } catch (error) {
    if (error instanceof FuseSearchError) throw error
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new FuseSearchError(`There is no dataset ${path}. Check the path.`, { code: 'bad-dataset', cause: error })
    }
    const fact = error instanceof Error ? error.message : String(error)
    const message = `${path} can't be read as a dataset: ${fact}. Give a JSONL or Parquet file.`
    throw new FuseSearchError(message, { code: 'bad-dataset', cause: error })
  }
}

function* jsonLines(content: string): Generator<NumberedValue> {
  for (const read of readJsonLines(content)) {
    if (read.ok) yield { line: read.line, value: read.value }
    else yield { line: read.line, message: `it isn't JSON (${read.message})` }
  }
}

function numbered(values: readonly unknown[]): NumberedValue[] {
  return values.map((value, index) => ({ line: index + 1, value }))
}

function parseArray(content: string): unknown[] {
  const parsed: unknown = JSON.parse(content.replace(/^\uFEFF/, ''))
  return Array.isArray(parsed) ? parsed : [parsed]
}

async function isParquet(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    return bytesRead === 4 && buffer.toString('latin1') === 'PAR1'
  } finally {
    await file.close()
  }
}

function badRow(row: BadRow): FuseSearchError {
  const next = 'Correct it, or leave it out, by hand or with --skip-bad if the command has that flag'
  return new FuseSearchError(`${describeBadRow(row)}. ${next}.`, { code: 'bad-dataset' })
}

/** Where a row comes from. */
interface RowPlace {
  readonly source: string
  readonly line: number
}

/** A row as an instance, or what is wrong with it. */
type ReadRow = { readonly ok: true; readonly instance: Instance } | { readonly ok: false; readonly message: string }

const text = z.string().refine((value) => value.trim() !== '', 'is empty')
const optionalText = z.string().nullish()
const changedFile = z.union([
  z.string(),
  z.object({ change_type: optionalText, old_path: optionalText, new_path: optionalText }),
])
const linkedIssue = z.object({ title: optionalText, body: optionalText })

/** Fields of all formats, all optional; the present fields determine the format. */
const rowSchema = z.object({
  instance_id: optionalText,
  org: optionalText,
  repo: text,
  number: z.union([z.number(), z.bigint(), z.string()]).nullish(),
  base_commit: optionalText,
  fix_commit: optionalText,
  base: z.preprocess(parsedJson, z.object({ sha: optionalText }).nullish()),
  problem_statement: optionalText,
  title: optionalText,
  body: optionalText,
  resolved_issues: z.preprocess(parsedJson, z.array(linkedIssue).nullish()),
  patch: optionalText,
  fix_patch: optionalText,
  files: z.preprocess(parsedJson, z.array(changedFile).nullish()),
  functions: z.preprocess(parsedJson, z.array(z.string()).nullish()),
  created_at: z.union([z.string(), z.number(), z.bigint(), z.date()]).nullish(),
  language: optionalText,
  lang: optionalText,
  repo_language: optionalText,
})

type Row = z.infer<typeof rowSchema>

/** The columns that a format may use; only these are read from a Parquet file. */
const ROW_FIELDS: readonly string[] = Object.keys(rowSchema.shape)

/**
 * Reads one row of any known format: SWE-bench (Verified, Lite, full, Multilingual, LocBench, SWE-Gym, SWE-bench Pro),
 * Multi-SWE-bench (`org`, `base.sha`, `resolved_issues`, `fix_patch`), Denchmark (`fix_commit`, `files`, `functions`).
 */
function readRow(value: unknown, place: RowPlace): ReadRow {
  const parsed = rowSchema.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return bad(issue === undefined ? "it isn't an instance" : `${issue.path.join('.') || 'row'}: ${issue.message}`)
  }
  const row = parsed.data
  const repo = present(row.org) === undefined ? row.repo : `${row.org}/${row.repo}`
  if (!/^[^/\s]+\/[^/\s]+$/.test(repo)) return bad(`repo '${repo}' isn't owner/name`)
  const id = present(row.instance_id) ?? idOf(repo, row)
  const baseCommit = present(row.base_commit) ?? present(row.base?.sha)
  const fixCommit = present(row.fix_commit)
  const issue = issueOf(row)
  const patch = present(row.patch) ?? present(row.fix_patch)
  const declared = declaredOf(row)
  if (id === undefined) return bad('there is no instance_id')
  if (baseCommit === undefined && fixCommit === undefined) return bad('there is neither base_commit nor fix_commit')
  if (issue === undefined) return bad('the issue text is empty')
  if (patch === undefined && declared === undefined) return bad('there is neither a patch nor files')
  const commit = {
    ...(baseCommit === undefined ? {} : { baseCommit }),
    ...(fixCommit === undefined ? {} : { fixCommit }),
  }
  const instance: Instance = { id, repo, ...commit, issue, ...place, ...optionalParts({ row, patch, declared }) }
  return { ok: true, instance }
}

function optionalParts(found: {
  row: Row
  patch: string | undefined
  declared: DeclaredGold | undefined
}): Partial<Instance> {
  const { row, patch, declared } = found
  const created = row.created_at instanceof Date ? row.created_at.toISOString() : row.created_at?.toString()
  const language = present(row.language) ?? present(row.lang) ?? present(row.repo_language)
  return {
    ...(patch === undefined ? {} : { patch }),
    ...(declared === undefined ? {} : { declared }),
    ...(created === undefined ? {} : { createdAt: created }),
    ...(language === undefined ? {} : { language: language.toLowerCase() }),
  }
}

/** Multi-SWE-bench names a row by its pull request. */
function idOf(repo: string, row: Row): string | undefined {
  return row.number == null ? undefined : `${repo.replace('/', '__')}-${row.number}`
}

function issueOf(row: Row): string | undefined {
  if (present(row.problem_statement) !== undefined) return row.problem_statement ?? undefined
  const linked = (row.resolved_issues ?? []).map(titleAndBody).filter((issue) => issue !== '')
  // The pull request's own text describes the fix, so it is used only if no issue is linked.
  return present(linked.join('\n\n')) ?? present(titleAndBody(row))
}

function titleAndBody(issue: { title?: string | null | undefined; body?: string | null | undefined }): string {
  return [issue.title, issue.body].filter((part) => part != null && part.trim() !== '').join('\n')
}

function declaredOf(row: Row): DeclaredGold | undefined {
  if (row.files == null) return undefined
  const files = new Set<string>()
  const added = new Set<string>()
  for (const file of row.files) {
    if (typeof file === 'string') files.add(file)
    else if (present(file.old_path) !== undefined && file.change_type !== 'ADD') files.add(file.old_path ?? '')
    else if (present(file.new_path) !== undefined) added.add(file.new_path ?? '')
  }
  const functions = (row.functions ?? []).flatMap((entry) => {
    // The path comes first; C++ names contain the separator again.
    const at = entry.indexOf('::')
    return at > 0 ? [{ path: entry.slice(0, at), name: entry.slice(at + 2) }] : []
  })
  return { files: [...files], added: [...added], functions }
}

function present(value: string | null | undefined): string | undefined {
  return value == null || value.trim() === '' ? undefined : value
}

/** Parquet versions of a dataset have nested fields as JSON text. */
function parsedJson(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

function bad(message: string): ReadRow {
  return { ok: false, message }
}

/** Rows of a Parquet file, without columns that no format uses. Loads its library on first use. */
async function readParquet(path: string): Promise<Record<string, unknown>[]> {
  const [{ asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ])
  const file = await asyncBufferFromFile(path)
  const metadata = await parquetMetadataAsync(file)
  // The schema lists nested elements too; only top-level columns, children of the root, can be read by name.
  const known = new Set(metadata.schema.slice(1).map((element) => element.name))
  const columns = ROW_FIELDS.filter((field) => known.has(field))
  if (columns.length === 0) return []
  return parquetReadObjects({ file, metadata, columns, compressors })
}
