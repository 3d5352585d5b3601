/** Longer texts are not read: no call has arguments this long. */
const MAX_CHARS = 200_000
/** Deeper nesting is not read: no tool has such arguments. */
const MAX_DEPTH = 32

/** The value of a text; `isRepaired` when the text was not valid JSON. */
export interface LooseJson {
  readonly value: unknown
  readonly isRepaired: boolean
}

/**
 * Reads JSON as models write it. Also accepts single quotes, Python's True, False and None, bare keys, trailing commas,
 * raw line ends and regular-expression backslashes in strings, and missing closing brackets at the end. Ignores text
 * after the value. Doesn't repair a string that is cut off, since its end is unknown. Returns undefined for a text
 * without a value.
 */
export function parseLooseJson(text: string): LooseJson | undefined {
  if (text.length > MAX_CHARS) return undefined
  try {
    return { value: JSON.parse(text), isRepaired: false }
  } catch {
    const reader = new LooseReader(text)
    const value = reader.readValue(0)
    return value === NONE ? undefined : { value, isRepaired: true }
  }
}

/** Means that no value could be read. Null can't mean that, since JSON has a null. */
const NONE = Symbol('none')

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '"': '"',
  "'": "'",
  '/': '/',
  '\\': '\\',
}
const WORDS: Readonly<Record<string, unknown>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  null: null,
  None: null,
}

class LooseReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  readValue(depth: number): unknown {
    this.#skipSpace()
    const first = this.#text[this.#at]
    if (first === undefined || depth > MAX_DEPTH) return NONE
    if (first === '{') return this.#readObject(depth)
    if (first === '[') return this.#readArray(depth)
    if (first === '"' || first === "'") return this.#readString(first)
    return this.#readWord()
  }

  #readObject(depth: number): unknown {
    const entries: [string, unknown][] = []
    this.#at++
    for (;;) {
      this.#skipSpace()
      const next = this.#text[this.#at]
      if (next === undefined || next === '}') {
        this.#at++
        return Object.fromEntries(entries)
      }
      if (next === ',') {
        this.#at++
        continue
      }
      const key = this.#readKey()
      this.#skipSpace()
      if (key === undefined || this.#text[this.#at] !== ':') return NONE
      this.#at++
      const value = this.readValue(depth + 1)
      if (value === NONE) return NONE
      entries.push([key, value])
    }
  }

  #readKey(): string | undefined {
    const first = this.#text[this.#at]
    const key = first === '"' || first === "'" ? this.#readString(first) : this.#take(/[A-Za-z_]\w*/y)
    return typeof key === 'string' ? key : undefined
  }

  #readArray(depth: number): unknown {
    const items: unknown[] = []
    this.#at++
    for (;;) {
      this.#skipSpace()
      const next = this.#text[this.#at]
      if (next === undefined || next === ']') {
        this.#at++
        return items
      }
      if (next === ',') {
        this.#at++
        continue
      }
      const value = this.readValue(depth + 1)
      if (value === NONE) return NONE
      items.push(value)
    }
  }

  #readString(quote: string): unknown {
    let read = ''
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at] ?? ''
      if (character === quote) {
        this.#at++
        return read
      }
      read += character === '\\' ? this.#readEscape() : character
    }
    return NONE
  }

  /** Leaves the position on the escape's last character. */
  #readEscape(): string {
    const next = this.#text[this.#at + 1] ?? ''
    const code = next === 'u' ? /^[0-9a-fA-F]{4}/.exec(this.#text.slice(this.#at + 2, this.#at + 6))?.[0] : undefined
    if (code !== undefined) {
      this.#at += 5
      return String.fromCharCode(Number.parseInt(code, 16))
    }
    const known = ESCAPES[next]
    // `\d`, `\(` and, before a word, `\b` belong to an expression.
    if (known === undefined) return '\\'
    this.#at++
    return known
  }

  #readWord(): unknown {
    const number = this.#take(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y)
    if (number !== undefined) return Number(number)
    const word = this.#take(/[A-Za-z]+/y)
    return word !== undefined && Object.hasOwn(WORDS, word) ? WORDS[word] : NONE
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  #skipSpace(): void {
    this.#take(/\s+/y)
  }
}
