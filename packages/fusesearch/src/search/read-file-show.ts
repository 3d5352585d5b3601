import { type Allowance, limitInWords, lineLengthNotice, noticeBytes, Rows, rowBytes } from './notices.ts'
import type { FoundLines } from './read-file.ts'
import { fileRow, lineRow } from './render.ts'
import type { Notice, ReadFileArguments, ReadFileObservation, ShownLine } from './tool.ts'

/** Cuts the lines that were read to what may be shown. */
export function showLines(found: FoundLines, read: ReadFileArguments, allowance: Allowance): ReadFileObservation {
  const { path, totalLines } = found
  const rows = new Rows(allowance)
  // The first row is counted at its longest, before the last line shown is known.
  const heading = { path, totalLines, lines: [lineAt(totalLines), lineAt(totalLines)] }
  rows.take(rowBytes(fileRow(heading)), 0)
  const lines: ShownLine[] = []
  let cutLines = 0
  for (const { line, text, isCut } of found.lines) {
    if (!rows.take(rowBytes(lineRow({ line, text })), 1)) break
    lines.push({ line, text })
    cutLines += isCut ? 1 : 0
  }
  const notices: Notice[] = cutNotices(lines.length, { found, read, rows, allowance })
  if (cutLines > 0) notices.push(lineLengthNotice(cutLines, allowance))
  const bytes = rows.bytes - rowBytes(fileRow(heading)) + rowBytes(fileRow({ path, totalLines, lines }))
  return { ok: true, tool: 'read_file', path, lines, totalLines, notices, bytes: bytes + noticeBytes(notices) }
}

function lineAt(line: number): ShownLine {
  return { line, text: '' }
}

interface Cut {
  readonly found: FoundLines
  readonly read: ReadFileArguments
  readonly rows: Rows
  readonly allowance: Allowance
}

function cutNotices(shown: number, { found, read, rows, allowance }: Cut): Notice[] {
  if (shown === found.lines.length) return []
  const first = Math.max(1, read.startLine ?? 1)
  const last = Math.min(read.endLine ?? Number.POSITIVE_INFINITY, found.totalLines)
  const wanted = last - first + 1
  const limit = rows.full ?? 'callLines'
  const words = limitInWords(limit, allowance)
  const message = `${wanted - shown} of ${wanted} lines left out (${words}). read_file with startLine ${first + shown} goes on.`
  return [{ limit, message }]
}
