import type { Merged } from './merged.ts'

/** A table for a TOML file, as text. */
export interface TomlTable {
  /** For example `mcp_servers`. */
  readonly parent: string
  readonly name: string
  /** The lines of the table, its header first. */
  readonly lines: readonly string[]
}

/**
 * Adds a table at the end of a TOML file, the only edit that needs no parser: what is there stays as it is.
 * Refuses a file that has the table in another form, or the parent as an inline value, which can't be added to.
 */
export function mergeToml(text: string | undefined, { parent, name, lines }: TomlTable): Merged {
  const table = lines.join('\n')
  const content = (text ?? '').replaceAll('\r\n', '\n')
  if (content.includes(`${table}\n`) || content.endsWith(table)) return { kind: 'unchanged' }
  if (new RegExp(`^[^#\\n]*\\b${name}\\b`, 'm').test(content)) {
    return { kind: 'refused', reason: `it names ${name} already`, paste: table }
  }
  if (new RegExp(`^[ \\t]*["']?${parent}["']?\\s*=`, 'm').test(content)) {
    return { kind: 'refused', reason: `its ${parent} is an inline value`, paste: table }
  }
  const newline = text?.includes('\r\n') ? '\r\n' : '\n'
  const gap = content === '' ? '' : content.endsWith('\n') ? newline : newline.repeat(2)
  return { kind: 'change', text: `${text ?? ''}${gap}${lines.join(newline)}${newline}` }
}
