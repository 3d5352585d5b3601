import type { Definition } from '../code/index.ts'
import { isStopWord, type PathRole, roleOf, splitIdentifier, stem } from '../policies/index.ts'

/** A word of a question, by its stem. */
export interface QuestionTerm {
  readonly stem: string
  /** As written in the question, for people. */
  readonly word: string
}

/** A part of a file that can be a place of an answer: a definition, a section, or some lines. */
export interface Unit {
  readonly path: string
  readonly role: PathRole
  readonly kind: 'block' | 'class' | 'function' | 'lines'
  /** Qualified within the file; empty for lines. */
  readonly name: string
  readonly startLine: number
  readonly endLine: number
  /** How often each term, by its index, occurs in the unit's own text, which excludes inner definitions. */
  readonly own: ReadonlyMap<number, number>
  /** Tokens of its own text. */
  readonly length: number
  /** Terms in its name, in the names around it, in the name of its file and in its folders. */
  readonly named: { readonly [field in NameField]: ReadonlySet<number> }
  /** Parts of its own name. */
  readonly nameParts: number
  /** Names in its own text that may be names of definitions. */
  readonly mentions: readonly string[]
}

export type NameField = 'folders' | 'inside' | 'file' | 'name'

/** Most different words of a question that are used. */
const MAX_TERMS = 24
/** Lines of a place in a file without definitions. */
const CHUNK_LINES = 20
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/gu
/** Words that look like names of code, and words that are called, qualified or marked as code. */
const MENTION =
  /\b(?:_?[A-Za-z]\w*[a-z\d]_\w+|_?\w*[a-z][A-Z]\w*|[A-Z][a-z]{3,}\w*|[a-z]\w{3,}(?=\())\b|(?<=[.`~])[a-z]\w{3,}\b/g
/** A comment line; those directly above a definition belong to it. */
const COMMENT_LINE = /^\s*(?:\/\*|\*|\/\/|#(?![a-z]*(?:include|define|if|endif|region))|--\s|;;)/

/** The meaningful words of a question, or all of them if none is. */
export function questionTerms(question: string): readonly QuestionTerm[] {
  const words = (question.match(WORD) ?? []).flatMap((word) => splitIdentifier(word))
  const telling = words.filter((word) => !isStopWord(word))
  const terms = new Map<string, QuestionTerm>()
  for (const word of telling.length > 0 ? telling : words) {
    const own = stem(word)
    if (!terms.has(own)) terms.set(own, { stem: own, word })
  }
  return [...terms.values()].slice(0, MAX_TERMS)
}

/** Names in the question: words with an underscore, camel case, a dot or the brackets of a call. */
export function questionNames(question: string): ReadonlySet<string> {
  const names = question.match(/[A-Za-z_$][\w$]*(?:(?:\.|::|#)[A-Za-z_$][\w$]*)*(?:\(\))?/g) ?? []
  const telling = names.filter(
    (name) => /[a-z\d]_[a-z\d]|[a-z][A-Z]|\w(?:\.|::|#)\w|\(\)$/i.test(name) && /_|[a-z][A-Z]|[.:#(]/.test(name),
  )
  return new Set(
    telling.map(
      (name) =>
        name
          .replace(/\(\)$/, '')
          .split(/\.|::|#/)
          .at(-1) ?? name,
    ),
  )
}

/** Splits files into units and counts the question's terms in them. Caches words, since they repeat. */
export class UnitReader {
  readonly #indexOf: ReadonlyMap<string, number>
  readonly #known = new Map<string, { readonly hits: readonly number[]; readonly parts: number }>()

  constructor(terms: readonly QuestionTerm[]) {
    this.#indexOf = new Map(terms.map(({ stem: own }, index) => [own, index]))
  }

  /** The units of a file: functions and types for source that has any, else blocks. */
  read(path: string, text: string, definitions: readonly Definition[]): readonly Unit[] {
    const lines = text.split(/\r?\n/)
    const role = roleOf(path)
    const code = definitions.filter(({ kind }) => kind !== 'block')
    const kept = code.length > 0 ? code : definitions
    const places = kept.length > 0 ? kept : chunksOf(lines.length)
    const owner = new Int32Array(lines.length).fill(-1)
    for (const [index, { startLine, endLine }] of places.entries()) {
      let first = startLine - 1
      while (first > 0 && COMMENT_LINE.test(lines[first - 1] ?? '')) first -= 1
      owner.fill(index, first, endLine)
    }
    const texts: string[][] = places.map(() => [])
    for (const [row, line] of lines.entries()) texts[owner[row] ?? -1]?.push(line)
    return places.map((place, index) => this.#unit({ path, role, place, own: texts[index] ?? [] }))
  }

  /** How often each term occurs in a text, and the text's number of tokens. */
  count(text: string): { readonly counts: ReadonlyMap<number, number>; readonly length: number } {
    const counts = new Map<number, number>()
    let length = 0
    for (const [word] of text.matchAll(WORD)) {
      const { hits, parts } = this.#look(word)
      length += parts
      for (const hit of hits) counts.set(hit, (counts.get(hit) ?? 0) + 1)
    }
    return { counts, length }
  }

  #look(word: string): { readonly hits: readonly number[]; readonly parts: number } {
    const known = this.#known.get(word)
    if (known !== undefined) return known
    const parts = splitIdentifier(word)
    const hits = parts.flatMap((part) => this.#indexOf.get(stem(part)) ?? [])
    const looked = { hits, parts: parts.length }
    this.#known.set(word, looked)
    return looked
  }

  #unit({ path, role, place, own }: { path: string; role: PathRole; place: Place; own: readonly string[] }): Unit {
    const text = own.join('\n')
    const { counts, length } = this.count(text)
    const around = place.name.split('.').slice(0, -1).join(' ')
    const [file = '', ...folders] = path.split('/').reverse()
    const termsIn = (one: string): ReadonlySet<number> => new Set(this.count(one).counts.keys())
    const name = place.shortName
    const mentions = new Set(
      (text.match(/[A-Za-z_]\w{3,}/g) ?? []).filter((word) => word !== name && MENTION.test(word)),
    )
    return {
      path,
      role,
      kind: place.kind,
      name: place.name,
      startLine: place.startLine,
      endLine: place.endLine,
      own: counts,
      length,
      named: {
        name: termsIn(name),
        inside: termsIn(around),
        file: termsIn(file.replace(/\.\w+$/, '')),
        folders: termsIn(folders.join(' ')),
      },
      nameParts: splitIdentifier(name).length,
      mentions: [...mentions],
    }
  }
}

type Place = Pick<Definition, 'endLine' | 'name' | 'shortName' | 'startLine'> & { readonly kind: Unit['kind'] }

function chunksOf(lines: number): Place[] {
  return Array.from({ length: Math.ceil(lines / CHUNK_LINES) }, (_, index) => ({
    kind: 'lines',
    name: '',
    shortName: '',
    startLine: index * CHUNK_LINES + 1,
    endLine: Math.min(lines, (index + 1) * CHUNK_LINES),
  }))
}
