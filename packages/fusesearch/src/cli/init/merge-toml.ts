import type { Merged } from './merged.ts'

/** A table for a TOML file, as text. */
export interface TomlTable {
  /** For example `mcp_servers`. */
  readonly parent: string
  readonly name: string
  /** The command that starts the server. */
  readonly command: string
  readonly args: readonly string[]
}

/**
 * Adds a table at the end of a TOML file, or replaces the one that an earlier run wrote. These edits need no parser and
 * keep every other byte. Refuses a file that has the table in another form, or the parent as an inline value, to which
 * nothing can be added.
 */
export function mergeToml(text: string | undefined, table: TomlTable): Merged {
  const lines = linesOf(table)
  const paste = lines.join('\n')
  const content = text ?? ''
  const newline = content.includes('\r\n') ? '\r\n' : '\n'
  const ours = findOurs(content, table)
  if (ours !== undefined) {
    const merged = content.slice(0, ours.start) + lines.join(newline) + content.slice(ours.end)
    return merged === content ? { kind: 'unchanged' } : { kind: 'change', text: merged }
  }
  if (isNamed(content, table.name)) return { kind: 'refused', reason: `it already has ${table.name}`, paste }
  if (new RegExp(`^[ \\t]*["']?${table.parent}["']?\\s*=`, 'm').test(content)) {
    return { kind: 'refused', reason: `its ${table.parent} is an inline value`, paste }
  }
  const gap = content === '' ? '' : content.endsWith('\n') ? newline : newline.repeat(2)
  return { kind: 'change', text: `${content}${gap}${lines.join(newline)}${newline}` }
}

/** Removes the table, and the empty line before it. */
export function removeFromToml(text: string | undefined, table: TomlTable): Merged {
  const content = text ?? ''
  const ours = findOurs(content, table)
  if (ours === undefined) {
    if (!isNamed(content, table.name)) return { kind: 'unchanged' }
    return { kind: 'refused', reason: `its table ${table.name} was changed`, paste: linesOf(table).join('\n') }
  }
  const before = content.slice(0, ours.start).replace(/(\r?\n)\r?\n$/, '$1')
  const rest = before + content.slice(ours.end).replace(/^\r?\n/, '')
  return { kind: 'change', text: rest === '' ? undefined : rest }
}

/** The table as these functions write it, with any command, up to the next table or the end. */
function findOurs(content: string, { parent, name }: TomlTable): { start: number; end: number } | undefined {
  const string = String.raw`"(?:[^"\\\r\n]|\\.)*"`
  const header = String.raw`\[${parent}\.${name}\]\r?\ncommand = ${string}\r?\nargs = \[(?:${string}(?:, )?)*\]`
  const match = new RegExp(String.raw`^${header}(?=\s*(?:^\[|$(?![\s\S])))`, 'm').exec(content)
  return match === null ? undefined : { start: match.index, end: match.index + match[0].length }
}

function isNamed(content: string, name: string): boolean {
  return new RegExp(`^[^#\\n]*\\b${name}\\b`, 'm').test(content)
}

function linesOf({ parent, name, command, args }: TomlTable): readonly string[] {
  // TOML's basic strings have the same escapes as JSON's.
  const shownArgs = args.map((arg) => JSON.stringify(arg)).join(', ')
  return [`[${parent}.${name}]`, `command = ${JSON.stringify(command)}`, `args = [${shownArgs}]`]
}
