/** What an issue contains, before anything is searched: terms, named paths, stack frames, dotted names. */
import { findReferences } from '../../../search/index.ts'
import { type Section, splitFields } from './fields.ts'
import { type Frame, findFrames } from './frames.ts'
import { findPaths, type PathMention } from './mentions.ts'
import { findPhrases } from './phrases.ts'
import { findTerms, type Term } from './terms.ts'
import { splitIdentifier } from './words.ts'

export type { Frame } from './frames.ts'
export type { PathMention } from './mentions.ts'
export type { Term } from './terms.ts'
export type { TermTraits } from './traits.ts'
export { isAscii, splitIdentifier, stem, wordsWithDigits } from './words.ts'

/** The issue as the policy understands it. */
export interface IssueFacts {
  readonly terms: readonly Term[]
  readonly paths: readonly PathMention[]
  /** Paths that the reporter's own sentences name, as opposed to a log or a listing. */
  readonly saidPaths: ReadonlySet<string>
  /** Those of them that a sentence asks to change: "please add it to schema.json". */
  readonly askedPaths: ReadonlySet<string>
  readonly frames: readonly Frame[]
  /** Dotted names as written (`a.b.C.m`), in order of first appearance. */
  readonly dottedNames: readonly string[]
  /** Issues and commits that it names, in the form of the history tool. */
  readonly references: readonly string[]
  readonly title: string
  /** First parts of dotted names (`django` of `django.db.models`), lower-case: often the project itself, in every path. */
  readonly roots: ReadonlySet<string>
  /** Lines of code that the issue shows, trimmed; long enough to be told apart. */
  readonly quotes: ReadonlySet<string>
  /** Names of several words, in lower case without what joins them: `maxAge`, `max-age` and `MAX_AGE` are `maxage`. */
  readonly spellings: ReadonlySet<string>
  /** Fragments of messages and labels that the issue quotes, those of failures first. */
  readonly phrases: readonly string[]
}

const DOTTED = /\b[A-Za-z_]\w*(?:(?:\.|::|#|->|\\)[A-Za-z_]\w*)+/g
const PYTHON_IMPORT = /\bfrom\s+([\w.]+)\s+import\s+\(?([\w, ]+)/g
/** A name in which a hump, an underscore or a hyphen joins words. */
const JOINED_NAME = /(?<![\w-])[A-Za-z][a-z\d]*(?:[A-Z]|[_-][A-Za-z])[\w-]{2,60}(?![\w-])/g
const MAX_DOTTED = 60
const MAX_SPELLINGS = 500
const MAX_REFERENCES = 10
const MIN_QUOTE_LENGTH = 14

/** An unbroken run of encoded bytes of this length is a picture or a key, not a word. */
const ENCODED_BYTES = /[A-Za-z\d+/=]{200,}/g
/** Longer runs without a blank are cut: no name or path is so long, and searching such a run takes quadratic time. */
const LONG_RUN = /\S{300}(?=\S)/g

/** Ids of commits, pictures and events, which look like words with digits. */
const IDS = /(?<![\w-])(?=[a-f\d-]*\d)[a-f\d]{4,}(?:-[a-f\d]{4,})*-?[a-f\d]{7,}(?![\w-])/gi

/** Reads an issue; pure. */
export function readIssue(text: string): IssueFacts {
  const issue = text.replace(ENCODED_BYTES, ' ').replace(LONG_RUN, '$& ')
  const sections = splitFields(issue)
  const frames = findFrames(issue)
  const framed = new Set(frames.map(({ path }) => path))
  const dottedNames = findDottedNames(sections)
  return {
    terms: findTerms(sections.map((section) => ({ ...section, text: section.text.replace(IDS, ' ') }))),
    paths: findPaths(issue).filter(({ path }) => !framed.has(path)),
    saidPaths: saidPathsOf(sections, framed),
    askedPaths: askedPathsOf(sections, framed),
    frames,
    dottedNames,
    references: findReferences(issue).slice(0, MAX_REFERENCES),
    roots: rootsOf(dottedNames),
    quotes: findQuotes(sections),
    spellings: findSpellings(sections),
    phrases: findPhrases(sections),
    title: sections
      .filter((section) => section.field === 'title')
      .map((section) => section.text)
      .join(' '),
  }
}

function saidPathsOf(sections: readonly Section[], framed: ReadonlySet<string>): ReadonlySet<string> {
  const said = sections.filter(({ field }) => field !== 'block').flatMap(({ text }) => findPaths(text))
  return new Set(said.map(({ path }) => path).filter((path) => !framed.has(path)))
}

const CHANGES =
  'add append bump change correct declare define delete edit extend fix list move put remove rename replace update'.split(
    ' ',
  )
const ANY_CHANGE = CHANGES.join('|')
const IMPERATIVE = CHANGES.map((verb) => `${verb.charAt(0).toUpperCase()}${verb.slice(1)}`).join('|')
/** The words before a path that ask to change it: "could you fix …", "it must be added to …", "Add …". */
const ASKS_BEFORE = new RegExp(
  String.raw`\b(?:[Pp]lease|should|must|[Cc]ould you|[Cc]an you|needs? to)\b.*?\b(?:${ANY_CHANGE})(?:e?d)?\b|\b(?:${IMPERATIVE})\b`,
)
const ASKS_AFTER = new RegExp(String.raw`^\S* (?:should|must|needs? to) be (?:${ANY_CHANGE})e?d\b`)
const SENTENCE_END = /(?<=[.!?])\s|\n/
/** A longer run of text is a listing. It also bounds the work. */
const MAX_SENTENCE = 600

function askedPathsOf(sections: readonly Section[], framed: ReadonlySet<string>): ReadonlySet<string> {
  const prose = sections.filter(({ field }) => field !== 'block').map(({ text }) => text)
  const sentences = prose.join(' ').split(SENTENCE_END)
  const asked = new Set<string>()
  for (const sentence of sentences.filter(({ length }) => length <= MAX_SENTENCE)) {
    for (const { path } of findPaths(sentence)) {
      const place = sentence.indexOf(path)
      if (place < 0 || framed.has(path)) continue
      const [before, after] = [sentence.slice(0, place), sentence.slice(place + path.length)]
      if (!ASKS_BEFORE.test(before) && !ASKS_AFTER.test(after)) continue
      asked.add(path)
      break
    }
  }
  return asked
}

/** A name of two parts is an object and its member; a longer one begins with its package, and so does what is imported. */
function rootsOf(dottedNames: readonly string[]): ReadonlySet<string> {
  const packaged = dottedNames.map((name) => name.split('.')).filter((parts) => parts.length > 2)
  return new Set(packaged.map(([root = '']) => root.toLowerCase()))
}

function findDottedNames(sections: readonly Section[]): readonly string[] {
  const names = new Set<string>()
  for (const { text } of sections) {
    for (const match of text.matchAll(PYTHON_IMPORT)) {
      for (const name of (match[2] ?? '').split(/[ ,]+/)) if (name !== '') names.add(`${match[1]}.${name}`)
    }
    for (const match of text.matchAll(DOTTED)) names.add(match[0].replaceAll(/::|#|->|\\/g, '.'))
  }
  return [...names].slice(0, MAX_DOTTED)
}

function findSpellings(sections: readonly Section[]): ReadonlySet<string> {
  const names = sections.flatMap(({ text }) => [...text.matchAll(JOINED_NAME)].map(([name]) => splitIdentifier(name)))
  return new Set(
    names
      .filter(({ length }) => length > 1)
      .map((parts) => parts.join(''))
      .slice(0, MAX_SPELLINGS),
  )
}

function findQuotes(sections: readonly Section[]): ReadonlySet<string> {
  const code = sections.filter(({ field }) => field === 'block' || field === 'inline')
  const lines = code.map(({ text }) => text.trim()).filter((line) => line.length >= MIN_QUOTE_LENGTH && /\W/.test(line))
  return new Set(lines.map((line) => line.replace(/^[+-]\s*/, '')))
}
