import { trimEndOf } from '../../../core/index.ts'
import type { Knowledge } from '../knowledge.ts'
import { resolvePath } from '../paths.ts'
import { parseLooseJson } from '../reply/loose-json.ts'

/** A function as the model named it; impossible lines are left out. */
export interface NamedFunction {
  readonly name: string
  readonly startLine: number | undefined
  readonly endLine: number | undefined
}

/** A file as the model named it. */
export interface NamedFile {
  readonly path: string
  readonly functions: readonly NamedFunction[]
}

/** An answer as the model gave it, not yet matched with what was seen. */
export interface NamedAnswer {
  readonly files: readonly NamedFile[]
}

/** Most files and functions that are read from an answer; a fix changes few. */
export const MAX_ANSWERED_FILES = 20
const MAX_FUNCTIONS_PER_FILE = 30
const MAX_NAME = 500

const LIST_KEYS = ['files', 'answer', 'locations', 'results', 'file', 'path']
const PATH_KEYS = ['path', 'file', 'filepath', 'file_path', 'filename', 'name']
const FUNCTION_KEYS = ['functions', 'function', 'methods', 'symbols', 'entities']
const NAME_KEYS = ['name', 'function', 'qualified_name', 'qualifiedName', 'method', 'symbol']
const START_KEYS = ['startLine', 'start_line', 'start', 'line', 'lineStart']
const END_KEYS = ['endLine', 'end_line', 'end', 'lineEnd']

/** Reads the arguments of the answer tool, or the same JSON from prose; undefined if they name no file. */
export function readAnswer(value: unknown): NamedAnswer | undefined {
  const given = typeof value === 'string' ? (parseLooseJson(value)?.value ?? value) : value
  const listed = Array.isArray(given) ? given : firstOf(given, LIST_KEYS)
  const list: readonly unknown[] = Array.isArray(listed) ? listed : listed === undefined ? [] : [listed]
  const files = merge(list.flatMap((item) => fileOf(item) ?? []))
  if (files.length === 0) return undefined
  return { files: files.slice(0, MAX_ANSWERED_FILES) }
}

/** Reads an answer's JSON object from prose, in a code fence or bare; undefined if there is none. */
export function answerInProse(prose: string): NamedAnswer | undefined {
  const at = prose.search(/\{\s*["']?(?:files|answer|locations)["']?\s*:/)
  return at < 0 ? undefined : readAnswer(parseLooseJson(prose.slice(at))?.value)
}

function fileOf(item: unknown): NamedFile | undefined {
  const path = typeof item === 'string' ? item : firstOf(item, PATH_KEYS)
  if (typeof path !== 'string' || path.trim() === '' || path.length > MAX_NAME * 8) return undefined
  const given = firstOf(item, FUNCTION_KEYS)
  const list: readonly unknown[] = Array.isArray(given) ? given : given === undefined ? [] : [given]
  return {
    path: path.trim(),
    functions: list.flatMap((named) => functionOf(named) ?? []).slice(0, MAX_FUNCTIONS_PER_FILE),
  }
}

function functionOf(item: unknown): NamedFunction | undefined {
  const name = typeof item === 'string' ? item : firstOf(item, NAME_KEYS)
  if (typeof name !== 'string' || name.trim() === '' || name.length > MAX_NAME) return undefined
  const [from, to] = rangeOf(firstOf(item, ['lines', 'range', 'lineRange', 'line_range']))
  const startLine = lineOf(firstOf(item, START_KEYS)) ?? from
  const endLine = lineOf(firstOf(item, END_KEYS)) ?? to ?? startLine
  const isSwapped = startLine !== undefined && endLine !== undefined && startLine > endLine
  return { name: name.trim(), startLine: isSwapped ? endLine : startLine, endLine: isSwapped ? startLine : endLine }
}

/** `[3, 9]` and `"3-9"`. */
function rangeOf(value: unknown): [number | undefined, number | undefined] {
  if (Array.isArray(value)) return [lineOf(value[0]), lineOf(value[1])]
  const match = typeof value === 'string' ? /^\D*(\d+)\D+(\d+)/.exec(value) : null
  return match === null ? [lineOf(value), undefined] : [lineOf(match[1]), lineOf(match[2])]
}

function lineOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 1 && number < 1e9 ? number : undefined
}

function firstOf(item: unknown, keys: readonly string[]): unknown {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined
  const fields = item as Readonly<Record<string, unknown>>
  const key = keys.find((name) => Object.hasOwn(fields, name) && fields[name] !== null)
  return key === undefined ? undefined : fields[key]
}

/** Merges the functions of a file that is named twice. */
function merge(files: readonly NamedFile[]): readonly NamedFile[] {
  const merged = new Map<string, NamedFile>()
  for (const file of files) {
    const known = merged.get(file.path)
    merged.set(file.path, known === undefined ? file : { ...known, functions: [...known.functions, ...file.functions] })
  }
  return [...merged.values()]
}

/** Most characters of prose that are searched for paths, and most words that are tried as a path. */
const MAX_PROSE = 20_000
const MAX_WORDS = 300

/**
 * Reads an answer from prose: every path that the run has shown, with the names in backticks after it. In a run without
 * tools, which has seen nothing, every word that looks like a file's path counts.
 */
export function readProse(prose: string, knowledge: Knowledge): NamedAnswer | undefined {
  const files = new Map<string, NamedFile>()
  let current: string | undefined
  let words = 0
  for (const [token] of prose.slice(0, MAX_PROSE).matchAll(/`[^`\n]{2,200}`|[\w@+\-./\\]{2,300}/g)) {
    const word = trimEndOf(token.replaceAll('`', ''), '.,')
    const mayBePath = knowledge.files.has(word) || (/[./\\]/.test(word) && words++ < MAX_WORDS)
    const { path, isSeen } = isBlind(word, knowledge)
      ? { path: word, isSeen: true }
      : mayBePath
        ? resolvePath(word, knowledge.files)
        : { path: word, isSeen: false }
    if (isSeen) {
      current = path
      if (!files.has(path)) files.set(path, { path, functions: [] })
    } else if (current !== undefined && /^`[A-Za-z_$][\w$.:]*(?:\(.*\))?`$/.test(token)) {
      const file = files.get(current)
      if (file)
        files.set(current, {
          ...file,
          functions: [...file.functions, { name: word, startLine: undefined, endLine: undefined }],
        })
    }
    if (files.size >= MAX_ANSWERED_FILES) break
  }
  return files.size === 0 ? undefined : { files: [...files.values()] }
}

function isBlind(word: string, { files }: Knowledge): boolean {
  return files.size === 0 && /^[\w@+\-.]+(?:\/[\w@+\-.]+)*\/[\w@+\-.]+\.\w{1,10}$/.test(word)
}
