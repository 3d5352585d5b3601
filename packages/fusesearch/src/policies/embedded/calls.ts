import type { Call } from '../../search/index.ts'
import type { IssueFacts, Term } from './issue/index.ts'
import { EXCLUDED_GLOBS, stemOf } from './paths.ts'

/** Two calls that ask the same have the same key. */
export function keyOf(call: Call): string {
  return JSON.stringify([call.tool, call.arguments])
}

/** A term that more files hold tells them apart too little for the rest to matter; its frequency is known all the same. */
const MAX_COUNTED_FILES = 2000

/** Counts a term over the source files: identifiers as whole words, words anywhere inside names. */
export function countTerm(term: Term, includeTests: boolean): Call {
  const form = term.kind === 'identifier' ? { word: true } : { ignoreCase: true }
  const globs = includeTests ? {} : { globs: EXCLUDED_GLOBS }
  return {
    tool: 'grep',
    arguments: { pattern: term.text, mode: 'counts', literal: true, headLimit: MAX_COUNTED_FILES, ...form, ...globs },
  }
}

const KEYWORDS =
  'def|class|func|fn|fun|function|interface|struct|enum|trait|module|object|protocol|type|record|union|namespace'
const MAX_DEFINITION_LINES = 1000

/**
 * Finds lines that may define one of the names: behind a keyword, behind types and modifiers, or at the start of a line.
 * The names stand in one place of the expression, so that a search tool can look for them before it tries the rest.
 */
export function findDefinitions(names: readonly string[], includeTests: boolean): Call {
  const behindKeyword = `\\b(?:${KEYWORDS})\\s+(?:\\([^)]*\\)\\s*)?(?:\\w+(?:\\.|::))*`
  const behindTypes = '^\\s*(?:[\\w<>,*:?@.]+\\s+)*\\*?(?:\\w+::)*'
  const pattern = `(?:${behindKeyword}|${behindTypes})(?:${names.map(escapeRegex).join('|')})\\b`
  const globs = includeTests ? {} : { globs: EXCLUDED_GLOBS }
  return { tool: 'grep', arguments: { pattern, mode: 'content', headLimit: MAX_DEFINITION_LINES, ...globs } }
}

const MAX_PATH_WORDS = 10
const MAX_NAMED_PATHS = 20
const MAX_PATHS = 600

/** Names files whose path says a word of the issue, or whose name the issue gives; undefined when it gives neither. */
export function findPathsOf(facts: IssueFacts): Call | undefined {
  const words = facts.terms
    .filter((term) => /^[a-z]{4,}$/i.test(term.text) && !facts.roots.has(term.text.toLowerCase()))
    .slice(0, MAX_PATH_WORDS)
    .map((term) => term.text.toLowerCase())
  const named = [...facts.frames, ...facts.paths]
    .slice(0, MAX_NAMED_PATHS)
    .map(({ path }) => path.slice(path.lastIndexOf('/') + 1))
  const modules = facts.dottedNames.slice(0, MAX_NAMED_PATHS).flatMap((name) => name.split('.').slice(0, -1))
  const patterns = [
    ...braces([...new Set(words)], (list) => `**/*${list}*{,/*}`),
    ...braces([...new Set(named)].filter(isPlain), (list) => `**/${list}`),
    ...braces(
      [...new Set(modules.map(stemOf))].filter((name) => isPlain(name) && name.length > 2),
      (list) => `**/${list}.*`,
    ),
  ]
  if (patterns.length === 0) return undefined
  return {
    tool: 'glob',
    arguments: { patterns: [...patterns, ...EXCLUDED_GLOBS.slice(3)], ignoreCase: true, headLimit: MAX_PATHS },
  }
}

const MAX_HISTORY_TERMS = 40
const MAX_COMMITS = 50

/** Looks for earlier commits that say the words of the issue; those of its title count twice. */
export function findCommitsOf({ title, terms, references }: IssueFacts): Call | undefined {
  const words = terms.slice(0, MAX_HISTORY_TERMS).map(({ text }) => text)
  const query = [title, title, ...words, ...references].join(' ').trim()
  return query === '' ? undefined : { tool: 'history', arguments: { query, headLimit: MAX_COMMITS } }
}

/** Reads a whole file; the limits of the caller may cut it. */
export function readFile(path: string): Call {
  return { tool: 'read_file', arguments: { path } }
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
