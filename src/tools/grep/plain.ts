import type { Block, Piece } from '../rg/pieces.ts'
import type { FileHits, Hits } from './hits.ts'
import type { LineStore } from './line-store.ts'
import type { GrepPattern } from './pattern.ts'

/** A plain grep of a shared walk: finds its own lines among those of all. */
export interface PlainSearch {
  readonly search: GrepPattern
  readonly hits: Hits
  /** Lines about which bytes cannot decide; ripgrep is asked about them. */
  readonly undecided: LineStore
}

const NEWLINE = 0x0a
// U+017F and U+212A are the only characters beyond ASCII that match a letter of ASCII (s, k) when case is ignored.
const LONG_S = '\u00c5\u00bf'
const KELVIN = '\u00e2\u0084\u00aa'

/** Finds the lines of a piece that a plain pattern matches, exactly as ripgrep would. `lower`: its text in lower case. */
export function attributePlain(plain: PlainSearch, piece: Piece, lower: () => string): void {
  const { search } = plain
  const needle = search.ignoreCase ? search.pattern.toLowerCase() : search.pattern
  if (search.ignoreCase && /[ks]/.test(needle) && (piece.text.includes(LONG_S) || piece.text.includes(KELVIN))) {
    for (const block of piece.blocks) leaveUndecided(plain, piece, block)
    return
  }
  const text = search.ignoreCase ? lower() : piece.text
  const scan: Scan = { plain, piece, text, needle, next: text.indexOf(needle) }
  for (const block of piece.blocks) {
    if (scan.next === -1) return
    if (scan.next < block.start) scan.next = text.indexOf(needle, block.start)
    if (scan.next === -1 || scan.next >= block.end) continue
    const file = plain.hits.file(block.path)
    if (file === undefined) scan.next = text.indexOf(needle, block.end)
    else scanBlock(scan, block, file)
  }
}

interface Scan {
  readonly plain: PlainSearch
  readonly piece: Piece
  readonly text: string
  readonly needle: string
  /** Where the pattern's text is next, or -1. */
  next: number
}

function scanBlock(scan: Scan, block: Block, file: FileHits): void {
  const { hits, undecided } = scan.plain
  while (scan.next !== -1 && scan.next < block.end) {
    const lineStart = Math.max(scan.text.lastIndexOf('\n', scan.next) + 1, block.start)
    const start = scan.text.indexOf(':', lineStart) + 1
    if (scan.next < start) {
      scan.next = scan.text.indexOf(scan.needle, start)
      continue
    }
    const end = scan.text.indexOf('\n', scan.next)
    const occurrences = scanLine(scan, start, end)
    const at = { line: Number(scan.text.slice(lineStart, start - 1)), bytes: scan.piece.bytes, start, end }
    if (occurrences === UNDECIDED) undecided.add(file.key, at)
    else if (occurrences > 0) hits.add(file, at, occurrences)
    if (occurrences > 0 && hits.options.mode === 'paths') scan.next = scan.text.indexOf(scan.needle, block.end)
  }
}

const UNDECIDED = -1

/** Counts the occurrences in one line and moves on to the first one behind it. */
function scanLine(scan: Scan, start: number, end: number): number {
  const { text, needle } = scan
  const { mode } = scan.plain.hits.options
  let occurrences = 0
  while (scan.next !== -1 && scan.next < end) {
    const at = scan.next
    const isHit = scan.plain.search.word ? isWord(text, { at, length: needle.length, start, end }) : true
    if (isHit === undefined) {
      scan.next = text.indexOf(needle, end)
      return UNDECIDED
    }
    if (isHit) occurrences += 1
    const isEnough = isHit && mode !== 'counts'
    scan.next = text.indexOf(needle, isEnough ? end : isHit ? at + needle.length : at + 1)
  }
  return occurrences
}

/** Whether no word character touches the hit; undefined beside a byte beyond ASCII, which may belong to a letter. */
function isWord(text: string, hit: { at: number; length: number; start: number; end: number }): boolean | undefined {
  const after = hit.at + hit.length
  const before = hit.at > hit.start ? text.charCodeAt(hit.at - 1) : NEWLINE
  const behind = after < hit.end ? text.charCodeAt(after) : NEWLINE
  if (isWordByte(before) || isWordByte(behind)) return false
  return before > 0x7f || behind > 0x7f ? undefined : true
}

function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f
  )
}

function leaveUndecided(plain: PlainSearch, piece: Piece, block: Block): void {
  if (plain.hits.file(block.path) !== undefined) plain.undecided.addBlock(piece, block)
}
