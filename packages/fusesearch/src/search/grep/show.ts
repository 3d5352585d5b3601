import { type Allowance, limitInWords, lineLengthNotice, noticeBytes, Rows, rowBytes } from '../notices.ts'
import { GAP, lineRow, NO_MATCH } from '../render.ts'
import { MAX_LINES_PER_FILE } from '../rg/argv.ts'
import type {
  GrepArguments,
  GrepContentObservation,
  GrepCountsObservation,
  GrepLine,
  GrepObservation,
  GrepPathsObservation,
  GrepTotals,
  Notice,
} from '../tool.ts'
import { asMatches, type ContextLine, type ContextSource, withContext } from './context-lines.ts'
import type { FileHits } from './hits.ts'

/** The result of a grep, before it is cut to what may be shown. */
export interface FoundGrep {
  readonly arguments: GrepArguments
  /** By path. */
  readonly files: readonly FileHits[]
  /** Files that were left out because of their size. */
  readonly oversized: readonly string[]
  /** Files that were left out because their paths led elsewhere while they were searched. */
  readonly moved: number
  readonly allowance: Allowance
}

/** Cuts the result of a grep to what may be shown; reads files only for context lines. */
export async function showGrep(found: FoundGrep, source: ContextSource): Promise<GrepObservation> {
  const { mode = 'content' } = found.arguments
  if (mode === 'content') return showContent(found, source)
  return mode === 'paths' ? showPaths(found) : showCounts(found)
}

function showPaths(found: FoundGrep): GrepPathsObservation {
  const { kept, cut } = keepFiles(found, (file) => file.path)
  const totals = { files: found.files.length, lines: 0, occurrences: 0 }
  const notices = [...cutNotices(cut, 'files'), ...otherNotices(found)]
  const bytes = bodyBytes(totals, cut) + noticeBytes(notices)
  return { ok: true, tool: 'grep', mode: 'paths', paths: kept.map(({ path }) => path), totals, notices, bytes }
}

function showCounts(found: FoundGrep): GrepCountsObservation {
  const { kept, cut } = keepFiles(found, (file) => `${file.path}:${file.count}`)
  const totals = { files: found.files.length, lines: 0, occurrences: sumCounts(found.files) }
  const notices = [...cutNotices(cut, 'files'), ...otherNotices(found)]
  const bytes = bodyBytes(totals, cut) + noticeBytes(notices)
  const counts = kept.map(({ path, count }) => ({ path, count }))
  return { ok: true, tool: 'grep', mode: 'counts', counts, totals, notices, bytes }
}

function keepFiles(found: FoundGrep, row: (file: FileHits) => string): { kept: FileHits[]; cut: Cut } {
  const { headLimit = Number.POSITIVE_INFINITY } = found.arguments
  const rows = new Rows(found.allowance)
  const kept: FileHits[] = []
  for (const file of found.files) {
    if (kept.length >= headLimit || !rows.take(rowBytes(row(file)), 1)) break
    kept.push(file)
  }
  return { kept, cut: { found, rows, shown: kept.length, total: found.files.length } }
}

async function showContent(found: FoundGrep, source: ContextSource): Promise<GrepContentObservation> {
  const totals = { files: found.files.length, lines: sumCounts(found.files), occurrences: 0 }
  const page = new Page(found)
  for (const file of found.files) {
    if (page.isFull()) break
    const { context = 0 } = found.arguments
    const hits = file.lines.slice(0, page.matchesLeft())
    const isLast = hits.length < file.count
    const lines = context > 0 ? await withContext({ file, hits, context, source }) : asMatches(hits)
    page.addFile(file.path, lines)
    if (isLast) break
  }
  const cut = { found, rows: page.rows, shown: page.matches, total: totals.lines }
  const cutLines = page.cutLines > 0 ? [lineLengthNotice(page.cutLines, found.allowance)] : []
  const notices = [...cutNotices(cut, 'matching lines'), ...cutLines, ...otherNotices(found)]
  const bytes = bodyBytes(totals, cut) + noticeBytes(notices)
  return { ok: true, tool: 'grep', mode: 'content', files: page.files, totals, notices, bytes }
}

/** The files and lines of a content grep, as far as the limits allow. */
class Page {
  readonly files: { path: string; lines: GrepLine[] }[] = []
  readonly rows: Rows
  matches = 0
  cutLines = 0
  private readonly headLimit: number

  constructor(found: FoundGrep) {
    this.rows = new Rows(found.allowance)
    this.headLimit = found.arguments.headLimit ?? Number.POSITIVE_INFINITY
  }

  isFull(): boolean {
    return this.rows.full !== undefined || this.matchesLeft() <= 0
  }

  matchesLeft(): number {
    return this.headLimit - this.matches
  }

  addFile(path: string, lines: readonly ContextLine[]): void {
    const isSparse = lines.some(({ isMatch }) => !isMatch)
    // A file's name is added with its first line or not at all; an empty row separates two files.
    const heading = rowBytes(path) + (this.files.length > 0 ? 1 : 0)
    const shown: GrepLine[] = []
    for (const { line, text, isMatch, isCut } of lines) {
      const previous = shown.at(-1)
      const gap = isSparse && previous !== undefined && line > previous.line + 1 ? rowBytes(GAP) : 0
      const extra = previous === undefined ? heading : gap
      if (!this.rows.take(rowBytes(lineRow({ line, text, isMatch })) + extra, 1)) break
      shown.push({ line, text, isMatch })
      this.matches += isMatch ? 1 : 0
      this.cutLines += isCut ? 1 : 0
    }
    if (shown.length > 0) this.files.push({ path, lines: shown })
  }
}

interface Cut {
  readonly found: FoundGrep
  readonly rows: Rows
  readonly shown: number
  readonly total: number
}

function cutNotices({ found, rows, shown, total }: Cut, what: string): Notice[] {
  if (shown >= total) return []
  const { headLimit, mode = 'content' } = found.arguments
  const isHeadLimit = rows.full === undefined && headLimit !== undefined
  const words = isHeadLimit ? `headLimit ${headLimit}` : limitInWords(rows.full ?? 'callBytes', found.allowance)
  const remedy = isHeadLimit
    ? `grep with headLimit ${total} shows all.`
    : mode === 'content'
      ? 'grep with mode "counts" lists the files; globs of some of them show the rest.'
      : 'grep with globs of single folders shows the rest.'
  const limit = isHeadLimit ? 'headLimit' : (rows.full ?? 'callBytes')
  return [{ limit, message: `${total - shown} of ${total} ${what} left out (${words}). ${remedy}` }]
}

function otherNotices(found: FoundGrep): Notice[] {
  return [...floodNotices(found), ...sizeNotices(found), ...movedNotices(found)]
}

function floodNotices({ files }: FoundGrep): Notice[] {
  const cut = files.filter(({ isPartial }) => isPartial)
  const [first] = cut
  if (first === undefined) return []
  const others = cut.length === 1 ? '' : ` and ${cut.length - 1} more`
  const message = `Only the first ${MAX_LINES_PER_FILE} matching lines of a file are counted: ${shortened(first.path)}${others} may have more. A narrower pattern counts all of its own.`
  return [{ limit: 'fileLines', message }]
}

// A path can be 4,096 bytes long, which is more than the notices of a call may have.
function shortened(path: string): string {
  return path.length > 200 ? `${path.slice(0, 200)}…` : path
}

/** Their names aren't shown: a name may come from where the path led meanwhile. */
function movedNotices({ moved }: FoundGrep): Notice[] {
  if (moved === 0) return []
  const files = moved === 1 ? '1 file is' : `${moved} files are`
  const message = `${files} left out, because folders or files on the way were exchanged meanwhile. grep again.`
  return [{ limit: 'moved', message }]
}

function sizeNotices({ oversized, allowance }: FoundGrep): Notice[] {
  const [first] = oversized
  if (first === undefined) return []
  const others = oversized.length === 1 ? '' : ` and ${oversized.length - 1} more`
  const size = `larger than ${allowance.limits.maxFileBytes} bytes`
  const message = `Not searched, because ${size}: ${shortened(first)}${others}. read_file with a line range shows parts of it.`
  return [{ limit: 'fileSize', message }]
}

function sumCounts(files: readonly FileHits[]): number {
  return files.reduce((sum, file) => sum + file.count, 0)
}

function bodyBytes(totals: GrepTotals, { rows }: Cut): number {
  return totals.files === 0 ? rowBytes(NO_MATCH) : rows.bytes
}
