import type { Block, Piece } from '../rg/pieces.ts'
import type { FileHits, Hits } from './hits.ts'
import { forEachLine, type LineStore } from './line-store.ts'
import type { GrepPattern } from './pattern.ts'

/** A grep of a shared walk that finds its own lines among those of all, by comparing bytes. */
export interface ByteSearch {
  readonly search: GrepPattern
  readonly hits: Hits
  /** Lines about which bytes cannot decide; ripgrep is asked about them. */
  readonly undecided: LineStore
  /** Texts in ASCII of which each matching line has one. */
  readonly needles: readonly string[]
  /** True for a plain pattern: its text is a match. Else it only says which lines to ask about. */
  readonly isPlain: boolean
}

const NEWLINE = 0x0a
// U+017F and U+212A are the only characters beyond ASCII that match a letter of ASCII (s, k) when case is ignored.
const LONG_S = '\u00c5\u00bf'
const KELVIN = '\u00e2\u0084\u00aa'

/** Finds the lines of a piece that a grep matches, exactly as ripgrep would. `lower`: the piece's text in lower case. */
export function attributeLines(grep: ByteSearch, piece: Piece, lower: () => string): void {
  const { ignoreCase } = grep.search
  const needles = ignoreCase ? grep.needles.map((needle) => needle.toLowerCase()) : grep.needles
  if (hasFoldBeyondAscii(grep, piece)) {
    for (const block of piece.blocks) leaveUndecided(grep, piece, block)
    return
  }
  const text = ignoreCase ? lower() : piece.text
  for (const needle of needles) scanPiece({ grep, piece, text, needle, next: text.indexOf(needle) })
}

/** True where a character beyond ASCII may match a letter of the needles. */
export function hasFoldBeyondAscii({ needles, search }: ByteSearch, { text }: Piece): boolean {
  if (!search.ignoreCase || !needles.some((needle) => /[ks]/i.test(needle))) return false
  return text.includes(LONG_S) || text.includes(KELVIN)
}

function scanPiece(scan: Scan): void {
  const { grep, piece, text, needle } = scan
  for (const block of piece.blocks) {
    if (scan.next === -1) return
    if (scan.next < block.start) scan.next = text.indexOf(needle, block.start)
    if (scan.next === -1 || scan.next >= block.end) continue
    const file = grep.hits.file(block.path)
    if (file === undefined) scan.next = text.indexOf(needle, block.end)
    else scanBlock(scan, block, file)
  }
}

interface Scan {
  readonly grep: ByteSearch
  readonly piece: Piece
  readonly text: string
  readonly needle: string
  /** Where the pattern's text is next, or -1. */
  next: number
}

function scanBlock(scan: Scan, block: Block, file: FileHits): void {
  const { hits, undecided } = scan.grep
  while (scan.next !== -1 && scan.next < block.end) {
    const lineStart = Math.max(scan.text.lastIndexOf('\n', scan.next) + 1, block.start)
    const start = scan.text.indexOf(':', lineStart) + 1
    if (scan.next < start) {
      scan.next = scan.text.indexOf(scan.needle, start)
      continue
    }
    const end = scan.text.indexOf('\n', scan.next)
    const occurrences = scanLine(scan, start, end)
    if (occurrences > 0 && hits.isCounting(file, Number.POSITIVE_INFINITY)) hits.count(file, 1, occurrences)
    else if (occurrences !== 0) {
      const at = { line: Number(scan.text.slice(lineStart, start - 1)), bytes: scan.piece.bytes, start, end }
      if (occurrences === UNDECIDED) undecided.add(file.key, at)
      else hits.add(file, at, occurrences)
    }
    if (occurrences > 0 && hits.options.mode === 'paths') scan.next = scan.text.indexOf(scan.needle, block.end)
  }
}

const UNDECIDED = -1

/** Counts the occurrences in one line and moves on to the first one behind it. */
function scanLine(scan: Scan, start: number, end: number): number {
  const { text, needle } = scan
  const { mode } = scan.grep.hits.options
  let occurrences = 0
  while (scan.next !== -1 && scan.next < end) {
    const at = scan.next
    const isHit = isMatch(scan, { at, length: needle.length, start, end })
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

interface ByteHit {
  readonly at: number
  readonly length: number
  readonly start: number
  readonly end: number
}

/** Whether the text found is a match; undefined where ripgrep must be asked, as beside a letter beyond ASCII. */
function isMatch({ grep, text }: Scan, hit: ByteHit): boolean | undefined {
  if (!grep.isPlain) return undefined
  if (!grep.search.word) return true
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

function leaveUndecided({ hits, undecided }: ByteSearch, piece: Piece, block: Block): void {
  if (hits.file(block.path) === undefined) return
  forEachLine(piece, block, (at) => {
    undecided.add(block.path, at)
    return undecided.isFull
  })
}
