import { shownPath } from '../names.ts'
import type { GrepMode } from '../tool.ts'

/** A matching line. `text` is already cut at the caller's line length; `isCut` says whether anything was cut off. */
export interface HitLine {
  readonly line: number
  readonly text: string
  readonly isCut: boolean
}

/** What one call found in one file. */
export interface FileHits {
  readonly path: string
  /** The path, one character per byte; files are sorted by it. */
  readonly key: string
  /** Content mode only; empty if the file comes after everything that the limits allow to show. */
  lines: HitLine[]
  /** Matching lines (content), occurrences (counts), 1 (paths). */
  count: number
  /** UTF-16 units of the lines that were kept, and the largest number among them. */
  units: number
  lastLine: number
  /** True if the file may have more matching lines than are counted. */
  isPartial: boolean
}

/** How many of a call's lines can be shown at most. */
export interface KeepLimits {
  readonly maxLines: number
  readonly maxBytes: number
}

/** The position of a line's text, as offsets into `bytes`. */
export interface LineAt {
  readonly line: number
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

/** How the hits of a call are collected. */
export interface HitsOptions {
  readonly mode: GrepMode
  readonly accepts: (path: string) => boolean
  readonly maxLineLength: number
  readonly keep: KeepLimits
}

/** Collects the hits of one call; holds no more text than its limits can show. */
export class Hits {
  readonly options: HitsOptions
  private readonly files = new Map<string, FileHits>()
  private readonly refused = new Set<string>()
  private held = 0
  private dropAbove: number
  /** This file and later ones can't be shown any more: files before it fill the limits. */
  private cutKey: string | undefined

  constructor(options: HitsOptions) {
    this.options = options
    this.dropAbove = 2 * heaviest(options.keep)
  }

  /** The file's hits so far, or undefined if the call's globs exclude the file. `key`: one character per byte. */
  file(key: string): FileHits | undefined {
    const known = this.files.get(key)
    if (known !== undefined) return known
    if (this.refused.has(key)) return undefined
    const path = shownPath(key)
    if (!this.options.accepts(path)) {
      this.refused.add(key)
      return undefined
    }
    const file: FileHits = { path, key, lines: [], count: 0, units: 0, lastLine: 0, isPartial: false }
    this.files.set(key, file)
    return file
  }

  /** True if the lines of a file from this number on are only counted. */
  isCounting(file: FileHits, line: number): boolean {
    if (this.options.mode !== 'content') return true
    if (this.cutKey !== undefined && file.key >= this.cutKey) return true
    const { maxBytes, maxLines } = this.options.keep
    // The lines before it fill the limits.
    return line > file.lastLine && (file.lines.length > maxLines || file.units > maxBytes)
  }

  /** Counts matching lines that aren't shown, with all of their occurrences. */
  count(file: FileHits, lines: number, occurrences: number): void {
    const { mode } = this.options
    file.count = mode === 'paths' ? 1 : file.count + (mode === 'counts' ? occurrences : lines)
  }

  /** Adds a matching line with its number of occurrences. */
  add(file: FileHits, at: LineAt, occurrences: number): void {
    this.count(file, 1, occurrences)
    if (this.isCounting(file, at.line)) return
    const line = decodeLine(at, this.options.maxLineLength)
    file.lines.push(line)
    file.units += line.text.length
    file.lastLine = Math.max(file.lastLine, line.line)
    this.held += line.text.length + LINE_WEIGHT
    if (this.held > this.dropAbove) this.dropUnshowable()
  }

  /** All files with hits, by the bytes of their paths; lines by number. */
  sorted(): FileHits[] {
    const files = [...this.files.values()].filter((file) => file.count > 0).sort(byKey)
    for (const file of files) file.lines.sort((a, b) => a.line - b.line)
    return files
  }

  /** Files are shown in the order of their paths, so files after those that fill the limits are never shown. */
  private dropUnshowable(): void {
    const { maxBytes, maxLines } = this.options.keep
    let units = 0
    let lines = 0
    for (const file of [...this.files.values()].sort(byKey)) {
      if (units > maxBytes || lines > maxLines) {
        if (this.cutKey === undefined || file.key < this.cutKey) this.cutKey = file.key
        file.lines = []
      }
      if (file.lines.length > 0) units += file.units
      lines += file.lines.length
    }
    this.held = units + lines * LINE_WEIGHT
    // Twice what is kept, so that a file with a million matches isn't cut again after each of them.
    this.dropAbove = Math.max(2 * heaviest(this.options.keep), 2 * this.held)
  }
}

/** Memory of a line beside its text, in UTF-16 units. */
const LINE_WEIGHT = 50

function heaviest({ maxBytes, maxLines }: KeepLimits): number {
  return maxBytes + maxLines * LINE_WEIGHT
}

function byKey(a: FileHits, b: FileHits): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}

const CARRIAGE_RETURN = 0x0d

/** A line's text without its terminator, cut at `maxLength` UTF-16 units; bytes that are not UTF-8 become U+FFFD. */
export function decodeLine(at: LineAt, maxLength: number): HitLine {
  const { bytes, start } = at
  const end = at.end > start && bytes[at.end - 1] === CARRIAGE_RETURN ? at.end - 1 : at.end
  // A unit takes at most three bytes; the spare bytes keep a cut character out of the units that are shown.
  const decodedEnd = Math.min(end, start + 3 * maxLength + 8)
  const text = bytes.toString('utf8', start, decodedEnd)
  if (text.length <= maxLength && decodedEnd === end) return { line: at.line, text, isCut: false }
  return { line: at.line, text: cutText(text, maxLength), isCut: true }
}

/** Cuts at `maxLength` units without leaving half a character. */
export function cutText(text: string, maxLength: number): string {
  const cut = text.slice(0, maxLength)
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut
}
