import type { Block, Piece } from '../rg/pieces.ts'
import type { FileHits, Hits, LineAt } from './hits.ts'
import { forEachLine, type LineStore } from './line-store.ts'
import type { GrepPattern } from './pattern.ts'
import { characterBefore, characterBehind, isWordCharacter } from './word-character.ts'

/** A grep of a shared walk. It finds its own lines among those of all greps by comparing bytes. */
export interface ByteSearch {
  readonly search: GrepPattern
  readonly hits: Hits
  /** Lines that bytes alone can't decide; ripgrep is asked about them. */
  readonly undecided: LineStore
  /** ASCII texts of which each matching line contains at least one. */
  readonly needles: readonly string[]
  /** True for a plain pattern, whose text is a match. Otherwise the text only tells which lines to ask about. */
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
  const folding = hasFoldBeyondAscii(grep, piece) ? foldingLines(piece) : []
  const text = withoutLines(ignoreCase ? lower() : piece.text, folding)
  for (const needle of needles) scanPiece({ grep, piece, text, needle, next: text.indexOf(needle) })
  for (const { block, at } of folding) scanFolded(grep, needles, { block, at })
}

/** True if a character beyond ASCII may match a letter of the needles. */
export function hasFoldBeyondAscii({ needles, search }: ByteSearch, { text }: Piece): boolean {
  if (!search.ignoreCase || !needles.some((needle) => /[ks]/i.test(needle))) return false
  return text.includes(LONG_S) || text.includes(KELVIN)
}

/** A line with a character beyond ASCII that may match a letter of ASCII. */
interface FoldingLine {
  readonly block: Block
  readonly at: LineAt
}

function foldingLines(piece: Piece): FoldingLine[] {
  const { text, blocks } = piece
  const lines: FoldingLine[] = []
  for (const block of blocks) {
    const inBlock = text.slice(block.start, block.end)
    if (!inBlock.includes(LONG_S) && !inBlock.includes(KELVIN)) continue
    forEachLine(piece, block, (at) => {
      const line = text.slice(at.start, at.end)
      if (line.includes(LONG_S) || line.includes(KELVIN)) lines.push({ block, at })
      return undefined
    })
  }
  return lines
}

/** The text with NULs, which no needle has, in place of the lines. */
function withoutLines(text: string, lines: readonly FoldingLine[]): string {
  if (lines.length === 0) return text
  const parts: string[] = []
  let from = 0
  for (const { at } of lines) {
    parts.push(text.slice(from, at.start), '\0'.repeat(at.end - at.start))
    from = at.end
  }
  return [...parts, text.slice(from)].join('')
}

/** Looks for the needles in one line, in which the letters of ASCII take the place of what matches them. */
function scanFolded(grep: ByteSearch, needles: readonly string[], { block, at }: FoldingLine): void {
  const file = grep.hits.file(block.path)
  if (file === undefined) return
  const line = at.bytes.toString('latin1', at.start, at.end).replaceAll(LONG_S, 's').replaceAll(KELVIN, 'k')
  const bytes = Buffer.from(line, 'latin1')
  const text = line.toLowerCase()
  const whole = { start: 0, end: text.length }
  for (const needle of needles) {
    const scan = { grep, piece: { bytes, text: line, blocks: [] }, text, needle, next: text.indexOf(needle) }
    const occurrences = scanLine(scan, { numberStart: 0, ...whole })
    if (occurrences === UNDECIDED) grep.undecided.add(file.key, at)
    else if (occurrences > 0) grep.hits.add(file, at, occurrences)
  }
}

function scanPiece(scan: Scan): void {
  const { grep, piece, text, needle } = scan
  for (const block of piece.blocks) {
    // If more lines are undecided than may be stored, the grep walks by itself.
    if (scan.next === -1 || grep.undecided.isFull) return
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
  /** The next position of the pattern's text, or -1. */
  next: number
}

function scanBlock(scan: Scan, block: Block, file: FileHits): void {
  const { hits, undecided } = scan.grep
  if (scan.grep.isPlain && hits.options.mode === 'counts' && !/^[\d:]/.test(scan.needle)) {
    countBlock(scan, block, file)
    return
  }
  while (scan.next !== -1 && scan.next < block.end) {
    const line = lineAround(scan, block)
    if (scan.next < line.start) {
      scan.next = scan.text.indexOf(scan.needle, line.start)
      continue
    }
    const occurrences = scanLine(scan, line)
    if (occurrences > 0 && hits.isCounting(file, Number.POSITIVE_INFINITY)) hits.count(file, 1, occurrences)
    else if (occurrences !== 0) {
      const at = lineAt(scan, line)
      if (occurrences === UNDECIDED) undecided.add(file.key, at)
      else hits.add(file, at, occurrences)
    }
    if (occurrences > 0 && hits.options.mode === 'paths') scan.next = scan.text.indexOf(scan.needle, block.end)
  }
}

/**
 * Counts the occurrences in a block without looking where its lines begin and end: in `number:text` the text stands
 * beside a colon and a line end, which are no letters, and no needle that begins with neither digit nor colon begins
 * in front of it.
 */
function countBlock(scan: Scan, block: Block, file: FileHits): void {
  const { text, needle, grep } = scan
  let occurrences = 0
  while (scan.next !== -1 && scan.next < block.end) {
    const isHit = isMatch(scan, scan.next, block)
    if (isHit === undefined) {
      const line = lineAround(scan, block)
      occurrences -= hitsBefore(scan, line)
      grep.undecided.add(file.key, lineAt(scan, line))
      scan.next = text.indexOf(needle, line.end)
      continue
    }
    if (isHit) occurrences += 1
    scan.next = text.indexOf(needle, scan.next + (isHit ? needle.length : 1))
  }
  grep.hits.count(file, 0, occurrences)
}

/** The hits of a line before the next match. */
function hitsBefore(scan: Scan, line: Line): number {
  const { text, needle, next } = scan
  let occurrences = 0
  for (let at = text.indexOf(needle, line.start); at !== -1 && at < next; ) {
    const isHit = isMatch(scan, at, line) === true
    if (isHit) occurrences += 1
    at = text.indexOf(needle, at + (isHit ? needle.length : 1))
  }
  return occurrences
}

/** A line of a piece: where its number begins, its text, and the newline behind that. */
interface Line {
  readonly numberStart: number
  readonly start: number
  readonly end: number
}

/** The line of the next match. */
function lineAround({ text, next }: Scan, block: Block): Line {
  const numberStart = Math.max(text.lastIndexOf('\n', next) + 1, block.start)
  return { numberStart, start: text.indexOf(':', numberStart) + 1, end: text.indexOf('\n', next) }
}

function lineAt({ text, piece }: Scan, { numberStart, start, end }: Line): LineAt {
  return { line: Number(text.slice(numberStart, start - 1)), bytes: piece.bytes, start, end }
}

const UNDECIDED = -1

/** Counts the occurrences in one line and moves on to the first one behind it. */
function scanLine(scan: Scan, line: Line): number {
  const { text, needle } = scan
  const { mode } = scan.grep.hits.options
  let occurrences = 0
  while (scan.next !== -1 && scan.next < line.end) {
    const at = scan.next
    const isHit = isMatch(scan, at, line)
    if (isHit === undefined) {
      scan.next = text.indexOf(needle, line.end)
      return UNDECIDED
    }
    if (isHit) occurrences += 1
    const isEnough = isHit && mode !== 'counts'
    scan.next = text.indexOf(needle, isEnough ? line.end : isHit ? at + needle.length : at + 1)
  }
  return occurrences
}

/** Whether the text found is a match; undefined if ripgrep must be asked, for example beside bytes that are no UTF-8. */
function isMatch(
  { grep, needle, text, piece }: Scan,
  at: number,
  within: { readonly start: number; readonly end: number },
): boolean | undefined {
  if (!grep.isPlain) return undefined
  if (!grep.search.word) return true
  const after = at + needle.length
  const before = at > within.start ? text.charCodeAt(at - 1) : NEWLINE
  const behind = after < within.end ? text.charCodeAt(after) : NEWLINE
  if (isWordByte(before) || isWordByte(behind)) return false
  if (before <= 0x7f && behind <= 0x7f) return true
  const { bytes } = piece
  const isWordBefore = before > 0x7f && isWordCharacter(characterBefore(bytes, within.start, at))
  const isWordBehind = behind > 0x7f && isWordCharacter(characterBehind(bytes, after, within.end))
  if (isWordBefore === true || isWordBehind === true) return false
  return isWordBefore === undefined || isWordBehind === undefined ? undefined : true
}

function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f
  )
}
