import { type CharacterSet, readSet } from './character-set.ts'

/**
 * One part of a glob.
 * `any` matches one character except a slash, `star` any number of them, `folders` any number of folders each with its
 * slash, `rest` any text, and `below` either nothing or a slash followed by any text.
 */
export type GlobPart =
  | { readonly kind: 'character'; readonly code: number }
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'any' | 'below' | 'folders' | 'rest' | 'star' }
  | { readonly kind: 'alternatives'; readonly alternatives: readonly GlobParts[] }

export type GlobParts = readonly GlobPart[]

/** The parts of a glob, or why it is malformed: a predicate whose subject is the glob. */
export type ParsedGlob = { readonly parts: GlobParts } | { readonly problem: string }

/** Limit in UTF-16 units. A policy may put all file names of a long issue into one glob. */
const MAX_LENGTH = 10_000
/** Limit on groups inside groups. */
const MAX_NESTING = 20
/** Limit on the numbers that the ranges of one glob, such as `{1..9}`, expand to. */
const MAX_NUMBERS = 1_000
/** A longer number is not taken for the end of a range. */
const MAX_DIGITS = 9

const SLASH = 0x2f

/**
 * Parses a glob without its `!`.
 *
 * - `*` and `?` match within a name; `**` between slashes matches any number of folders, anywhere else it means `*`.
 * - `[a-z]`, `[!a]`, `[^a]` and `[[:alpha:]]` match one character, never a slash.
 * - `{a,b}` and `(a|b)` are alternatives and may be nested; `{1..9}` and `{a..e}` are ranges. Without a `,`, `|` or `..`
 *   they are plain text.
 * - A backslash makes the next character plain text.
 * - A glob without a slash matches names at any depth, a glob with a slash whole paths. A glob without wildcards, or with
 *   a slash at its end, also matches everything below the folder it names.
 * - A glob also matches its own text, so that a file name can be used as it was shown.
 */
export function parseGlob(glob: string): ParsedGlob {
  if (glob.length > MAX_LENGTH) return { problem: `has ${glob.length} characters, more than ${MAX_LENGTH}` }
  const text = withoutOuterSlashes(glob)
  if (text === '' || text === '.') return { parts: glob.includes('/') ? [{ kind: 'rest' }] : literally(text) }
  const reader = new Reader(Array.from(text))
  const parts = reader.read()
  if (reader.problem !== undefined) return { problem: reader.problem }
  const isAnywhere = !text.includes('/') && !glob.startsWith('/')
  const isFolder = glob.endsWith('/') || parts.every(({ kind }) => kind === 'character')
  // All other parts match their own text anyway.
  const matchesOwnText = !text.includes('\\') && parts.every(({ kind }) => kind !== 'alternatives')
  return {
    parts: [
      ...(isAnywhere ? [{ kind: 'folders' } as const] : []),
      ...(matchesOwnText ? parts : [eitherOf([parts, literally(text)])]),
      ...(isFolder ? below(parts) : []),
    ],
  }
}

/** Removes `./` and slashes from the start and slashes from the end. */
function withoutOuterSlashes(glob: string): string {
  let start = 0
  while (glob.startsWith('./', start) || glob[start] === '/') start += glob[start] === '/' ? 1 : 2
  let end = glob.length
  while (end > start && glob[end - 1] === '/') end -= 1
  return glob.slice(start, end)
}

/** The end of a glob such as `a/**`. It matches `a` too, as in most tools for Node, except behind a star. */
function below(folder: GlobParts): GlobParts {
  if (folder.at(-1)?.kind !== 'star') return [{ kind: 'below' }]
  return [{ kind: 'character', code: SLASH }, { kind: 'rest' }]
}

function literally(text: string): GlobParts {
  return Array.from(text, (character) => ({ kind: 'character', code: character.codePointAt(0) ?? 0 }))
}

function eitherOf(alternatives: readonly GlobParts[]): GlobPart {
  return { kind: 'alternatives', alternatives }
}

/** An open group. The outermost one, without an opener, is the glob itself. */
interface Group {
  readonly opener: '' | '(' | '{'
  /** The alternatives before the current one. */
  readonly finished: GlobPart[][]
  current: GlobPart[]
}

const SEPARATORS = { '': '', '(': '|', '{': ',' } as const
const CLOSERS = { '': '', '(': ')', '{': '}' } as const

/** Reads the characters of one glob once, from left to right. */
class Reader {
  problem: string | undefined
  private readonly characters: readonly string[]
  private readonly groups: Group[] = [{ opener: '', finished: [], current: [] }]
  private at = 0
  private numbers = 0

  constructor(characters: readonly string[]) {
    this.characters = characters
  }

  /** Returns the parts of the glob; they mean nothing if {@link problem} is set. */
  read(): GlobParts {
    for (; this.at < this.characters.length && this.problem === undefined; this.at += 1) {
      this.readOne(this.characters[this.at] ?? '')
    }
    while (this.group.opener === '(') this.dissolve()
    if (this.group.opener === '{') this.problem ??= 'has a { without its }. Write \\{ for the character itself'
    return this.group.current
  }

  private get group(): Group {
    return this.groups.at(-1) as Group
  }

  private add(part: GlobPart): void {
    this.group.current.push(part)
  }

  private addText(text: string): void {
    this.group.current.push(...literally(text))
  }

  private readOne(character: string): void {
    if (character === '\\') this.readEscape()
    else if (character === '[') this.readBracket()
    else if (character === '*') this.readStars()
    else if (character === '?') this.add({ kind: 'any' })
    else if (character === '(' || character === '{') this.open(character)
    else if (character === ')' || character === '}') this.close(character)
    else if (character === SEPARATORS[this.group.opener]) this.separate()
    else this.addText(character)
  }

  private readEscape(): void {
    this.at += 1
    const escaped = this.characters[this.at]
    if (escaped === undefined) this.problem = 'ends with a single backslash. Write \\\\ for the character itself'
    else this.addText(escaped)
  }

  private readBracket(): void {
    const read = readSet(this.characters, this.at)
    if ('problem' in read) {
      this.problem = read.problem
      return
    }
    // File names contain brackets too, for example app/[id]/page.tsx.
    const text = this.characters.slice(this.at, read.end + 1).join('')
    this.add(eitherOf([[{ kind: 'set', set: read.set }], literally(text)]))
    this.at = read.end
  }

  /** Two or more stars cross folders if they are all there is between two slashes; otherwise they mean one star. */
  private readStars(): void {
    const start = this.at
    while (this.characters[this.at + 1] === '*') this.at += 1
    if (this.at === start || !this.isNameStart() || !this.isNameEnd()) {
      this.add({ kind: 'star' })
      return
    }
    const { current, opener } = this.group
    while (current.at(-1)?.kind === 'folders') current.pop()
    if (this.characters[this.at + 1] === '/') {
      this.at += 1
      this.add({ kind: 'folders' })
    } else if (opener === '' && this.at + 1 === this.characters.length && current.pop() !== undefined) {
      current.push(...below(current))
    } else this.add({ kind: 'rest' })
  }

  private isNameStart(): boolean {
    const last = this.group.current.at(-1)
    return last === undefined || last.kind === 'folders' || (last.kind === 'character' && last.code === SLASH)
  }

  private isNameEnd(): boolean {
    const next = this.characters[this.at + 1]
    const { opener } = this.group
    return next === undefined || '/({'.includes(next) || next === SEPARATORS[opener] || next === CLOSERS[opener]
  }

  private open(opener: '(' | '{'): void {
    if (this.groups.length > MAX_NESTING) this.problem = `nests more than ${MAX_NESTING} groups`
    this.groups.push({ opener, finished: [], current: [] })
  }

  private separate(): void {
    this.group.finished.push(this.group.current)
    this.group.current = []
  }

  private close(closer: ')' | '}'): void {
    const opener = closer === ')' ? '(' : '{'
    const isOpen = closer === ')' ? this.group.opener === '(' : this.groups.some((group) => group.opener === '{')
    // A parenthesis that is never closed is plain text.
    if (isOpen) while (this.group.opener !== opener) this.dissolve()
    const { finished, current } = this.group
    const range = isOpen && closer === '}' && finished.length === 0 ? readRange(current) : undefined
    if (range !== undefined) {
      this.groups.pop()
      this.addRange(range)
    } else if (isOpen && finished.length > 0) {
      this.groups.pop()
      this.add(eitherOf([...finished, current]))
    } else {
      if (isOpen) this.dissolve()
      this.addText(closer)
    }
  }

  private addRange({ low, high, width }: Range): void {
    if (width === undefined) {
      this.add({ kind: 'set', set: { ranges: [[low, high]], isNegated: false } })
      return
    }
    const count = high - low + 1
    this.numbers += count
    if (this.numbers > MAX_NUMBERS) this.problem = `stands for more than ${MAX_NUMBERS} numbers`
    else this.add(eitherOf(Array.from({ length: count }, (_, index) => numeral(low + index, width))))
  }

  /** Turns the innermost group back into plain text. */
  private dissolve(): void {
    const { opener, finished, current } = this.groups.pop() as Group
    this.addText(opener)
    for (const parts of finished) {
      for (const part of parts) this.add(part)
      this.addText(SEPARATORS[opener])
    }
    for (const part of current) this.add(part)
  }
}

function numeral(number: number, width: number): GlobParts {
  return literally(`${number}`.padStart(width, '0'))
}

/** A range of numbers with at least `width` digits, or of code points if `width` is undefined. */
interface Range {
  readonly low: number
  readonly high: number
  readonly width: number | undefined
}

/** Reads `1..9`, `01..12` or `a..e`; returns undefined for anything else. */
function readRange(parts: GlobParts): Range | undefined {
  if (parts.length > 2 * MAX_DIGITS + 2) return undefined
  const text = parts.map((part) => (part.kind === 'character' ? String.fromCodePoint(part.code) : '*')).join('')
  const [, digits, moreDigits, letter, moreLetter] = /^(?:(\d+)\.\.(\d+)|([A-Za-z])\.\.([A-Za-z]))$/.exec(text) ?? []
  if (digits !== undefined && moreDigits !== undefined) {
    const [low = digits, high = moreDigits] = [digits, moreDigits].toSorted((a, b) => Number(a) - Number(b))
    // A leading zero means that all numbers have the same width.
    return { low: Number(low), high: Number(high), width: low.startsWith('0') ? high.length : 0 }
  }
  if (letter === undefined || moreLetter === undefined) return undefined
  const [low = 0, high = 0] = [letter.charCodeAt(0), moreLetter.charCodeAt(0)].toSorted((a, b) => a - b)
  return { low, high, width: undefined }
}
