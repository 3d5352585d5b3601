import type { Call } from '../../search/index.ts'
import { type IssueFacts, isAscii, type Term } from './issue/index.ts'
import { BINARY_GLOBS, EXCLUDED_GLOBS, stemOf } from './paths.ts'

/** Equal calls have the same key. */
export function keyOf(call: Call): string {
  return JSON.stringify([call.tool, call.arguments])
}

/** A term in more files hardly distinguishes them, so the rest isn't needed; its frequency is known anyway. */
const MAX_COUNTED_FILES = 2000

/** Counts a term over the files: identifiers as whole words, words anywhere inside names, compounds in any spelling. */
export function countTerm(term: Term, includeTests: boolean): Call {
  return {
    tool: 'grep',
    arguments: { ...patternOf(term), mode: 'counts', headLimit: MAX_COUNTED_FILES, ...globsOf(includeTests) },
  }
}

function globsOf(includeTests: boolean): { readonly globs?: readonly string[] } {
  return includeTests ? {} : { globs: EXCLUDED_GLOBS }
}

function patternOf({ text, kind }: Term): { pattern: string; literal?: true; word?: true; ignoreCase?: true } {
  if (kind === 'identifier') return { pattern: text, literal: true, word: true }
  if (kind === 'compound') return { pattern: text.split('-').map(escapeRegex).join('[-_ .]?'), ignoreCase: true }
  if (text.length > 3 || !/^[a-z]{2}$|\d/.test(text)) return { pattern: text, literal: true, ignoreCase: true }
  // A short word occurs inside others by chance, so it must be a separate part of the name.
  const rest = text.slice(1)
  const capital = text.charAt(0).toUpperCase()
  const forms = [
    `(?:\\b|_)(?i:${text})(?:\\b|_)`,
    `[a-z](?:${text.toUpperCase()}|${capital}${rest})(?:[A-Z_]|\\b)`,
    `\\b(?:${text}|${text.toUpperCase()}|${capital}${rest})[A-Z]`,
  ]
  return { pattern: forms.join('|') }
}

/** What comes before the name that a line defines, in all languages that are searched. */
const KEYWORDS =
  'def|class|func|fn|fun|function|interface|struct|enum|trait|module|object|protocol|type|record|union|namespace|' +
  'defp|defmodule|defmacro|sub|proc|procedure|message|service|rpc|mixin|extension|macro|table|index|view|trigger|' +
  'resource|variable|output|target|const|let|val|var'
const MAX_DEFINITION_LINES = 1000

/**
 * Finds lines that may define one of the names: behind a keyword, behind types and modifiers, or at the start of a line.
 * The names stand in one place of the expression, so that a search tool can look for them before it tries the rest.
 */
export function findDefinitions(names: readonly string[], includeTests: boolean): Call {
  const behindKeyword = `\\b(?:${KEYWORDS})\\s+(?:\\([^)]*\\)\\s*)?(?:\\w+(?:\\.|::))*`
  const behindTypes = `^\\s*(?:[\\w<>,*:?@.]+\\s+)*[*"']?(?:\\w+::)*`
  const pattern = `(?:${behindKeyword}|${behindTypes})(?:${names.map(escapeRegex).join('|')})\\b`
  return {
    tool: 'grep',
    arguments: { pattern, mode: 'content', headLimit: MAX_DEFINITION_LINES, ...globsOf(includeTests) },
  }
}

const MAX_PATH_WORDS = 10
const MAX_NAMED_PATHS = 20
const MAX_PATHS = 600

/** Finds files whose path contains a word of the issue, or which the issue names; undefined if there is neither. */
export function findPathsOf(facts: IssueFacts): Call | undefined {
  const words = facts.terms
    .filter((term) => !facts.roots.has(term.text.toLowerCase()) && isPathWord(term))
    .slice(0, MAX_PATH_WORDS)
    .map((term) => term.text.toLowerCase())
  const compounds = facts.terms
    .filter(({ kind }) => kind === 'compound')
    .slice(0, MAX_PATH_WORDS)
    .map(({ text }) => text.replaceAll('-', '{,-,_}'))
  const short = words.filter((word) => word.length < MIN_PATH_WORD)
  const named = [...facts.frames, ...facts.paths]
    .slice(0, MAX_NAMED_PATHS)
    .map(({ path }) => path.slice(path.lastIndexOf('/') + 1))
  const modules = facts.dottedNames.slice(0, MAX_NAMED_PATHS).flatMap((name) => name.split('.').slice(0, -1))
  const patterns = [
    ...braces(
      [...new Set(words)].filter((word) => !short.includes(word)),
      (list) => `**/*${list}*{,/*}`,
    ),
    // Three letters inside a longer name are mostly chance, so they must begin or end a part of the name.
    ...braces([...new Set(short)], (list) => `**/{${list}{,[-_.]*},*[-_.]${list}{,[-_.]*}}{,/*}`),
    ...braces([...new Set(compounds)], (list) => `**/*${list}*{,/*}`),
    ...braces([...new Set(named)].filter(isPlain), (list) => `**/${list}`),
    ...braces(
      [...new Set(modules.map(stemOf))].filter((name) => isPlain(name) && name.length > 2),
      (list) => `**/${list}.*`,
    ),
  ]
  if (patterns.length === 0) return undefined
  return {
    tool: 'glob',
    arguments: { patterns: [...patterns, ...BINARY_GLOBS], ignoreCase: true, headLimit: MAX_PATHS },
  }
}

const MAX_HISTORY_TERMS = 40
const MAX_COMMITS = 50

/** Looks for earlier commits whose messages contain words of the issue; those of its title count twice. */
export function findCommitsOf({ title, terms, references }: IssueFacts): Call | undefined {
  const words = terms.slice(0, MAX_HISTORY_TERMS).map(({ text }) => text)
  const query = [title, title, ...words, ...references].join(' ').trim()
  return query === '' ? undefined : { tool: 'history', arguments: { query, headLimit: MAX_COMMITS } }
}

const MAX_PHRASE_LINES = 200

/** Finds lines that contain one of the messages or labels that the issue quotes; undefined if it quotes none. */
export function findPhrases(phrases: readonly string[], includeTests: boolean): Call | undefined {
  if (phrases.length === 0) return undefined
  const pattern = phrases.map((phrase) => phrase.split(/\s+/).map(escapeRegex).join('\\s+')).join('|')
  return {
    tool: 'grep',
    arguments: { pattern, mode: 'content', headLimit: MAX_PHRASE_LINES, ...globsOf(includeTests) },
  }
}

/** Finds lines that use one of the keys under which a table of texts holds the issue's labels. */
export function findKeys(keys: readonly string[], includeTests: boolean): Call {
  return {
    tool: 'grep',
    arguments: {
      pattern: `(?:^|[^\\w-])(?:${keys.map(escapeRegex).join('|')})(?:[^\\w-]|$)`,
      mode: 'content',
      headLimit: MAX_PHRASE_LINES,
      ...globsOf(includeTests),
    },
  }
}

/** Reads a whole file; the caller's limits may cut it. */
export function readFile(path: string): Call {
  return { tool: 'read_file', arguments: { path } }
}

const MIN_PATH_WORD = 4

function isPathWord({ text, kind }: Term): boolean {
  if (kind === 'compound') return false
  return isAscii(text) ? /^[a-z]{3,}$|^[a-z][a-z\d]+$/i.test(text) : text.length > 1
}

function braces(names: readonly string[], pattern: (list: string) => string): readonly string[] {
  if (names.length === 0) return []
  return [pattern(names.length === 1 ? (names[0] ?? '') : `{${names.join(',')}}`)]
}

function isPlain(name: string): boolean {
  return /^[\w.+-]+$/.test(name)
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
