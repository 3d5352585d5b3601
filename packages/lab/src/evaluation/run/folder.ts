import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { FuseSearchError } from 'fusesearch/core'
import { z } from 'zod'
import { attempt, makeFolder, writeWhole } from '../../host/index.ts'
import { ROW_VERSION, type Row, rowKey } from '../row.ts'
import { lockFolder } from './lock.ts'

/** A run's folder, locked by this process until closed. */
interface RunFolder {
  readonly header: RunHeader
  /** Rows that the folder had when it was opened, the last one of each instance and policy. */
  readonly rows: readonly Row[]
  /** Adds a row; it is in the file when this returns. */
  append(row: Row): void
  /** Writes a file beside the rows, atomically. */
  write(name: string, content: string): void
  close(): void
}

const HEADER = 'run.json'
const ROWS = 'rows.jsonl'

/**
 * Opens the folder of a new run or of one to resume. A last row that a kill cut off is dropped and runs again.
 * Throws FuseSearchError: `busy-folder` (in use, or holds another run), `bad-run` (broken), `write-failed`.
 */
export function openRunFolder(path: string, header: RunHeader): RunFolder {
  makeFolder(path)
  const lock = lockFolder(path)
  try {
    const begun = existsSync(join(path, HEADER)) ? readHeader(path) : null
    if (begun === null) writeWhole(join(path, HEADER), `${JSON.stringify(header, null, 2)}\n`)
    else refuseOther(path, begun, header)
    const file = attempt(path, () => openSync(join(path, ROWS), 'a+'))
    const rows = attempt(path, () => recoverRows(path, file))
    return {
      header: begun ?? header,
      rows,
      append: (row) => appendRow(path, file, row),
      write: (name, content) => writeWhole(join(path, name), content),
      close() {
        closeSync(file)
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Reads a run, finished or not, without locking it. Throws FuseSearchError `bad-run` when there is none. */
export function readRun(path: string): { readonly header: RunHeader; readonly rows: readonly Row[] } {
  if (!existsSync(join(path, HEADER))) {
    const message = `${path} isn't a run: ${HEADER} is missing. Name the --out folder of \`fusesearch eval\`.`
    throw new FuseSearchError(message, { code: 'bad-run' })
  }
  const header = readHeader(path)
  return { header, rows: existsSync(join(path, ROWS)) ? parseRows(path, readWholeLines(path).text) : [] }
}

function readHeader(path: string): RunHeader {
  const file = join(path, HEADER)
  const { data } = headerSchema.safeParse(parseJson(readFileSync(file, 'utf8')))
  if (data !== undefined) return data
  const message = `${file} isn't a run of this version. Use another folder, or the FuseSearch that wrote it.`
  throw new FuseSearchError(message, { code: 'bad-run' })
}

function refuseOther(path: string, found: RunHeader, wanted: RunHeader): void {
  const names = identityDifferences(found.identity, wanted.identity)
  if (names.length === 0) return
  const message = `${path} has a different run: it differs in ${names.join(', ')}. Give --out another folder, or resume with the command that started it: ${found.setup.command}`
  throw new FuseSearchError(message, { code: 'busy-folder' })
}

function recoverRows(path: string, file: number): readonly Row[] {
  const { text, bytes, isTorn } = readWholeLines(path)
  if (isTorn) ftruncateSync(file, bytes)
  return parseRows(path, text)
}

function readWholeLines(path: string): { text: string; bytes: number; isTorn: boolean } {
  const content = readFileSync(join(path, ROWS))
  const bytes = content.lastIndexOf(0x0a) + 1
  return { text: content.toString('utf8', 0, bytes), bytes, isTorn: bytes < content.length }
}

function parseRows(path: string, text: string): readonly Row[] {
  const rows = new Map<string, Row>()
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue
    const row = parseJson(line) as Partial<Row> | null
    if (row === null || row.version !== ROW_VERSION || row.id === undefined || row.policy === undefined) {
      const message = `${join(path, ROWS)}, line ${index + 1}, isn't a row of this version. Remove the line and resume; the instance then runs again.`
      throw new FuseSearchError(message, { code: 'bad-run' })
    }
    rows.set(rowKey(row as Row), row as Row)
  }
  return [...rows.values()]
}

/** Adds a row to the open file. A line is written at once, so a kill cuts off at most the last line. */
export function appendRow(path: string, file: number, row: Row): void {
  const bytes = Buffer.from(`${JSON.stringify(row)}\n`)
  attempt(path, () => {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The caller names the file and the line.
    return null
  }
}

/** Version of the folder's layout. */
export const RUN_VERSION = 1

const digest = z.string().min(1)

/** Two runs are the same if these are equal; a folder holds one run. */
const identitySchema = z.object({
  /** SHA-256 of the instances in the order in which they run. */
  instances: digest,
  /** Policies, with their turns when these differ from the run's: `sequential@32`. */
  policies: z.array(z.string()).min(1),
  seed: z.number(),
  maxTurns: z.number(),
  maxBreadth: z.number(),
  deadlineMs: z.number().nullable(),
  /** How much a call may show: a program's limits, or a model's. */
  limits: z.enum(['program', 'model']),
  /** Tools of the search; absent for the paper's three. */
  tools: z.array(z.string()).exactOptional(),
  includeTests: z.boolean(),
  /** Digest of the weights; absent for the program's own. */
  weights: digest.exactOptional(),
  /** The encoder with the digests of its files and the weights of what it finds, if one is used. */
  encoder: z.string().exactOptional(),
  /** Settings of the model, if a policy uses one. */
  llm: z.record(z.string(), z.unknown()).exactOptional(),
  /** SHA-256 of the product's code. */
  build: digest,
})

const setupSchema = z.object({
  dataset: z.string(),
  datasetName: z.string(),
  instanceCount: z.number(),
  command: z.string(),
  version: z.string(),
  /** Commit of the product's checkout, with `-dirty` if it has changes; null outside a checkout. */
  commit: z.string().nullable(),
  node: z.string(),
  rg: z.string().nullable(),
  /** Cores, memory and system. */
  machine: z.string(),
  startedAt: z.string(),
})

const headerSchema = z.object({ version: z.literal(RUN_VERSION), identity: identitySchema, setup: setupSchema })

export type RunIdentity = Readonly<z.infer<typeof identitySchema>>
export type RunSetup = Readonly<z.infer<typeof setupSchema>>

/** `run.json`: what identifies and describes the run. */
export type RunHeader = Readonly<z.infer<typeof headerSchema>>

/** The names of the fields in which two runs differ. */
function identityDifferences(found: RunIdentity, wanted: RunIdentity): string[] {
  return Object.keys(identitySchema.shape).filter((key) => {
    const name = key as keyof RunIdentity
    return JSON.stringify(found[name]) !== JSON.stringify(wanted[name])
  })
}
