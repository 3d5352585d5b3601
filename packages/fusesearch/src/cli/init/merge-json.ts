import { isDeepStrictEqual } from 'node:util'
import { applyEdits, findNodeAtLocation, modify, type ParseError, parse as parseJsonc, parseTree } from 'jsonc-parser'
import type { Merged } from './merged.ts'

/** Where our entry goes in a JSON file, and its value. */
export interface JsonEntry {
  readonly keys: (content: unknown) => readonly string[]
  readonly entry: unknown
  /** True for an entry that an earlier run wrote, which may be replaced and removed. */
  readonly isOurs: (found: unknown) => boolean
}

/**
 * Puts an entry into the text of a JSON file, with or without comments; every other byte stays unchanged.
 * Refuses broken JSON, values on the way that aren't objects, and someone else's entry under the same name.
 */
export function mergeJson(text: string | undefined, { keys: keysOf, entry, isOurs }: JsonEntry): Merged {
  const isNew = text === undefined || text.trim() === ''
  const content = isNew ? {} : parse(text)
  const keys = keysOf(content)
  const whole = `${JSON.stringify(nest(keys, entry), undefined, 2)}\n`
  const refuse = (reason: string): Merged => ({ kind: 'refused', reason, paste: whole })
  if (!isObject(content)) return refuse(content === undefined ? 'it is broken JSON' : "it isn't a JSON object")
  if (isNew) return { kind: 'change', text: whole }
  const { depth, found } = follow(content, keys)
  if (depth === keys.length) {
    if (isDeepStrictEqual(found, entry)) return { kind: 'unchanged' }
    if (!isOurs(found)) return refuse(`its entry ${keys.join('.')} is a different one`)
  } else if (!isObject(found)) {
    return refuse(`${keys.slice(0, depth).join('.')} in it isn't an object`)
  }
  const wanted = withEntry(content, keys, entry)
  const texts = depth === keys.length ? [replace(text, keys, entry)] : insertions(text, { keys, depth, entry })
  // Proof that nothing else changed: the new content is the old content and our entry.
  const merged = texts.find((one) => isDeepStrictEqual(parse(one), wanted))
  return merged === undefined ? refuse('its form is unusual') : { kind: 'change', text: merged }
}

/** Removes our entry, and the objects around it that become empty. */
export function removeFromJson(text: string | undefined, { keys: keysOf, isOurs }: JsonEntry): Merged {
  const content = text === undefined ? undefined : parse(text)
  const keys = keysOf(content)
  const { depth, found } = follow(content, keys)
  if (text === undefined || depth < keys.length) return { kind: 'unchanged' }
  if (!isOurs(found)) {
    const paste = `${JSON.stringify(nest(keys, found), undefined, 2)}\n`
    return { kind: 'refused', reason: `its entry ${keys.join('.')} was changed`, paste }
  }
  // A file with only our entry was created by init.
  if (isDeepStrictEqual(content, nest(keys, found)) && isDeepStrictEqual(asPlainJson(text), content)) {
    return { kind: 'change', text: undefined }
  }
  const emptied = [...keys.keys()].find((index) =>
    isDeepStrictEqual(follow(content, keys.slice(0, index + 1)).found, nest(keys.slice(index + 1), found)),
  )
  return {
    kind: 'change',
    text: applyEdits(text, modify(text, keys.slice(0, (emptied ?? depth - 1) + 1), undefined, {})),
  }
}

function replace(text: string, keys: readonly string[], value: unknown): string {
  const { eol, unit } = formOf(text)
  const formattingOptions = { insertSpaces: !unit.includes('\t'), tabSize: unit.length, eol }
  return applyEdits(text, modify(text, [...keys], value, { formattingOptions }))
}

interface Insertion {
  readonly keys: readonly string[]
  /** How many of the keys exist. */
  readonly depth: number
  readonly entry: unknown
}

/**
 * The text with a member added to the innermost existing object, with a comma before it and without: only one of them
 * is JSON. The library's own insertion also reformats the member before it.
 */
function insertions(text: string, { keys, depth, entry }: Insertion): readonly string[] {
  const tree = parseTree(text, [], { allowTrailingComma: true })
  const object = tree && findNodeAtLocation(tree, keys.slice(0, depth))
  if (object === undefined) return []
  const { eol, unit } = formOf(text)
  const indent = unit.repeat(depth + 1)
  const value = JSON.stringify(nest(keys.slice(depth + 1), entry), undefined, unit).replaceAll('\n', eol + indent)
  const member = `${eol}${indent}${JSON.stringify(keys[depth])}: ${value}${eol}${unit.repeat(depth)}`
  const close = object.offset + object.length - 1
  const last = object.children?.at(-1)
  const lastEnd = last === undefined ? object.offset + 1 : last.offset + last.length
  const between = text.slice(lastEnd, close).trimEnd()
  return [',', ''].map((comma) => text.slice(0, lastEnd) + comma + between + member + text.slice(close))
}

/** The file's style: its first indented line, and its line ends. */
function formOf(text: string): { readonly unit: string; readonly eol: string } {
  return { unit: /^([ \t]+)\S/m.exec(text)?.[1] ?? '  ', eol: text.includes('\r\n') ? '\r\n' : '\n' }
}

/** Undefined for text that isn't JSON, even with comments and trailing commas. */
function parse(text: string): unknown {
  const errors: ParseError[] = []
  const content: unknown = parseJsonc(text, errors, { allowTrailingComma: true })
  return errors.length === 0 ? content : undefined
}

/** Undefined for JSON with comments. */
function asPlainJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Follows the keys as far as they exist: the last value, and how many keys lead to it. */
function follow(content: unknown, keys: readonly string[]): { depth: number; found: unknown } {
  let found = content
  for (const [depth, key] of keys.entries()) {
    if (!isObject(found) || !Object.hasOwn(found, key)) return { depth, found }
    found = found[key]
  }
  return { depth: keys.length, found }
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
