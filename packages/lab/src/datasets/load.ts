import { open, readFile } from 'node:fs/promises'
import { FuseSearchError, readJsonLines } from 'fusesearch/core'
import type { Instance } from './instance.ts'
import { readParquet } from './parquet.ts'
import { type ReadRow, readRow } from './row.ts'

/** A row that isn't an instance. */
export interface BadRow {
  readonly source: string
  readonly line: number
  readonly message: string
}

/** What a file held. */
export interface Dataset {
  readonly instances: readonly Instance[]
  /** Rows left out on request, each with its reason; empty unless `skipBad`. */
  readonly skipped: readonly BadRow[]
}

/** How to load. */
export interface LoadOptions {
  /** Leaves bad rows out and reports them; without it the first one is an error. */
  readonly skipBad?: boolean
}

/**
 * Loads a dataset file: JSONL, a JSON array, or Parquet (told by its first bytes). Instances keep the file's order.
 * @throws FuseSearchError `bad-dataset` for a file that can't be read, holds no instance, or (without `skipBad`)
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
    const message = read.ok ? `instance_id '${read.instance.id}' stands on line ${earlier} already` : read.message
    if (options.skipBad !== true) throw badRow({ source: path, line, message })
    skipped.push({ source: path, line, message })
  }
  if (instances.length > 0) return { instances, skipped }
  const [first] = skipped
  const why = first === undefined ? 'it is empty' : `line ${first.line}: ${first.message}`
  throw new FuseSearchError(`${path} holds no instance (${why}). Give a dataset in SWE-bench form.`, {
    code: 'bad-dataset',
  })
}

/** The sentence for a bad row, the same whether it stops the load or is skipped. */
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
    const fact = error instanceof Error ? error.message : String(error)
    const message = `${path} can't be read as a dataset: ${fact}. Give a JSONL or Parquet file.`
    throw new FuseSearchError(message, { code: 'bad-dataset', cause: error })
  }
}

function* jsonLines(content: string): Generator<NumberedValue> {
  for (const read of readJsonLines(content)) {
    if (read.ok) yield { line: read.line, value: read.value }
    else yield { line: read.line, message: `it is not JSON (${read.message})` }
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
  const next = 'Correct it, or leave it out, by hand or with --skip-bad where the command has it'
  return new FuseSearchError(`${describeBadRow(row)}. ${next}.`, { code: 'bad-dataset' })
}
