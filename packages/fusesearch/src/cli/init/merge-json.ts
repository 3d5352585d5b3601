import { isDeepStrictEqual } from 'node:util'
import type { Merged } from './merged.ts'

/** Where our entry goes in a JSON file. */
export interface JsonEntry {
  readonly keys: (content: unknown) => readonly string[]
  readonly entry: unknown
}

/**
 * Puts an entry into the text of a JSON file; everything else in it stays byte for byte.
 * Refuses what isn't plain JSON (comments), what isn't objects on the way, and another entry under the same name.
 */
export function mergeJson(text: string | undefined, { keys: keysOf, entry }: JsonEntry): Merged {
  const isNew = text === undefined || text.trim() === ''
  const content = isNew ? {} : parse(text)
  const keys = keysOf(content)
  const whole = JSON.stringify(nest(keys, entry), undefined, 2)
  const refuse = (reason: string): Merged => ({ kind: 'refused', reason, paste: whole })
  if (!isObject(content)) {
    return refuse(content === undefined ? 'it is not plain JSON; comments may be in it' : 'it holds no JSON object')
  }
  if (isNew) return { kind: 'change', text: `${whole}\n` }
  const { depth, found } = follow(content, keys)
  if (depth === keys.length) {
    return isDeepStrictEqual(found, entry)
      ? { kind: 'unchanged' }
      : refuse(`its entry ${keys.join('.')} is another one`)
  }
  if (!isObject(found)) return refuse(`${keys.slice(0, depth).join('.')} in it is not an object`)
  const merged = insert(text, { keys, depth, entry })
  // The proof that nothing else was touched: what is there now is what was there, and our entry.
  const wanted = withEntry(content, keys, entry)
  if (merged === undefined || !isDeepStrictEqual(parse(merged), wanted)) return refuse('its form is unusual')
  return { kind: 'change', text: merged }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Follows the keys as far as they lead: the last value there is, and how many keys lead to it. */
function follow(content: unknown, keys: readonly string[]): { depth: number; found: unknown } {
  let found = content
  for (const [depth, key] of keys.entries()) {
    if (!isObject(found) || !Object.hasOwn(found, key)) return { depth, found }
    found = found[key]
  }
  return { depth: keys.length, found }
}

interface Insertion {
  readonly keys: readonly string[]
  /** How many of the keys are there. */
  readonly depth: number
  readonly entry: unknown
}

/** Adds a member at the end of the innermost object that is there. */
function insert(text: string, { keys, depth, entry }: Insertion): string | undefined {
  const place = objectsOf(text).get(pathOf(keys.slice(0, depth)))
  if (place === undefined) return undefined
  const unit = /^([ \t]+)\S/m.exec(text)?.[1] ?? '  '
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const indent = unit.repeat(depth + 1)
  const value = JSON.stringify(nest(keys.slice(depth + 1), entry), undefined, unit).replaceAll('\n', newline + indent)
  const member = `${newline}${indent}${JSON.stringify(keys[depth])}: ${value}`
  const before = text.slice(0, place.close).trimEnd()
  const comma = before.length - 1 === place.open ? '' : ','
  return `${before}${comma}${member}${newline}${unit.repeat(depth)}${text.slice(place.close)}`
}

interface ObjectPlace {
  readonly open: number
  readonly close: number
}

/** The braces of every object that object keys alone lead to, by their path. */
function objectsOf(text: string): ReadonlyMap<string, ObjectPlace> {
  const places = new Map<string, ObjectPlace>()
  const stack: { readonly open: number; readonly path: string | undefined; key: string }[] = []
  let lastString = ''
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    const top = stack.at(-1)
    if (token === '{' || token === '[') {
      const isReached = token === '{' && (top === undefined || top.path !== undefined)
      stack.push({ open: index, path: isReached ? (top ? (top.path ?? '') + top.key : '') : undefined, key: '' })
    } else if (token === '}' || token === ']') {
      const closed = stack.pop()
      if (closed?.path !== undefined) places.set(closed.path, { open: closed.open, close: index })
    } else if (token === ':') {
      if (top) top.key = pathOf([JSON.parse(lastString) as string])
    } else {
      lastString = token
    }
  }
  return places
}

function pathOf(keys: readonly string[]): string {
  return keys.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function nest(keys: readonly string[], entry: unknown): unknown {
  return keys.reduceRight((inner, key) => ({ [key]: inner }), entry)
}

function withEntry(content: unknown, keys: readonly string[], entry: unknown): unknown {
  const [key, ...rest] = keys
  if (key === undefined) return entry
  const object = isObject(content) ? content : {}
  return { ...object, [key]: withEntry(object[key], rest, entry) }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
