/** JSON schema of a tool's arguments, as far as repair looks at it. */
export interface ArgumentsSchema {
  readonly properties?: Readonly<Record<string, PropertySchema>>
}

interface PropertySchema {
  readonly type?: unknown
  readonly maximum?: unknown
}

/** Arguments as they may be checked, and what was done to them. */
export interface RepairedArguments {
  readonly value: Readonly<Record<string, unknown>>
  readonly notes: readonly string[]
}

/** Other words for an argument, for the tools that have it. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  path: ['file', 'filepath', 'filename', 'targetfile'],
  pattern: ['query', 'regex', 'regexp', 'search', 'text'],
  patterns: ['pattern', 'glob', 'globs', 'globpattern', 'path', 'paths'],
  globs: ['glob', 'include', 'includes', 'includepattern', 'path', 'paths', 'file', 'files'],
  ignoreCase: ['caseinsensitive', 'insensitive', 'i'],
  literal: ['fixedstrings', 'fixed', 'isliteral'],
  headLimit: ['limit', 'maxresults', 'maxcount', 'maxlines'],
  startLine: ['start', 'from', 'linestart', 'offset', 'begin'],
  endLine: ['end', 'to', 'lineend'],
}

/**
 * Brings a model's arguments into a tool's form where their meaning is plain: names in other spellings, numbers and
 * booleans in quotes, one string for a list, lines in the wrong order. Names that the tool lacks go, and that is noted.
 * Checks nothing: what stays wrong is the schema's to refuse.
 */
export function repairArguments(given: Readonly<Record<string, unknown>>, schema: ArgumentsSchema): RepairedArguments {
  const properties = schema.properties ?? {}
  const notes: string[] = []
  const value: Record<string, unknown> = {}
  for (const [name, raw] of Object.entries(given)) {
    if (raw === null || raw === undefined) continue
    const key = keyOf(name, { properties, given })
    const property = key === undefined ? undefined : properties[key]
    if (key === undefined || property === undefined) {
      notes.push(`the argument ${JSON.stringify(name.slice(0, 40))} does not exist and was left out`)
      continue
    }
    const fitting = fit(raw, property)
    if (key !== name) notes.push(`the argument ${JSON.stringify(name.slice(0, 40))} was read as ${key}`)
    else if (fitting !== raw) notes.push(`the argument ${key} was brought into its type`)
    value[key] = fitting
  }
  return { value: ordered(value, notes), notes }
}

interface Names {
  readonly properties: Readonly<Record<string, PropertySchema>>
  readonly given: Readonly<Record<string, unknown>>
}

function keyOf(name: string, { properties, given }: Names): string | undefined {
  if (Object.hasOwn(properties, name)) return name
  const plain = name.replaceAll(/[_\s-]+/g, '').toLowerCase()
  const free = Object.keys(properties).filter((key) => !Object.hasOwn(given, key))
  return (
    free.find((key) => key.toLowerCase() === plain) ??
    free.find((key) => Object.hasOwn(ALIASES, key) && ALIASES[key]?.includes(plain))
  )
}

function fit(raw: unknown, { type, maximum }: PropertySchema): unknown {
  if (type === 'integer') return fitInteger(raw, maximum)
  if (type === 'boolean') return fitBoolean(raw)
  if (type === 'array') return fitList(raw)
  if (type === 'string' && typeof raw === 'string') return fitText(raw)
  return raw
}

function fitInteger(raw: unknown, maximum: unknown): unknown {
  const number = typeof raw === 'string' && /^\s*-?\d+(?:\.0+)?\s*$/.test(raw) ? Number(raw) : raw
  return typeof number === 'number' && typeof maximum === 'number' && number > maximum ? maximum : number
}

function fitBoolean(raw: unknown): unknown {
  if (raw === 1 || raw === 0) return raw === 1
  if (typeof raw !== 'string') return raw
  const word = raw.trim().toLowerCase()
  if (word === 'true' || word === 'yes') return true
  return word === 'false' || word === 'no' ? false : raw
}

function fitList(raw: unknown): unknown {
  if (typeof raw !== 'string') return raw
  if (raw.trim().startsWith('[')) {
    try {
      const parsed: unknown = JSON.parse(raw)
      if (Array.isArray(parsed)) return parsed
    } catch {
      // A pattern may begin with a bracket.
    }
  }
  return [raw]
}

/** `"\b"` in JSON is a backspace, which nobody looks for; the model meant a word boundary. */
function fitText(raw: string): string {
  return raw.replaceAll('\u0008', String.raw`\b`)
}

/** Lines below 1 and ends before starts, where there are such arguments. */
function ordered(value: Record<string, unknown>, notes: string[]): Record<string, unknown> {
  const { startLine, endLine, headLimit } = value
  if (typeof startLine === 'number' && startLine < 1) value.startLine = 1
  if (typeof headLimit === 'number' && headLimit < 1) delete value.headLimit
  if (typeof endLine === 'number' && endLine < 1) delete value.endLine
  else if (typeof startLine === 'number' && typeof endLine === 'number' && startLine > endLine) {
    Object.assign(value, { startLine: endLine, endLine: Math.max(1, startLine) })
    notes.push('startLine and endLine were the wrong way round')
  }
  return value
}
