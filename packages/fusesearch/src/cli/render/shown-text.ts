import { UNSEEN } from '../../core/index.ts'

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Text of a repository for a terminal: control characters, invisible ones and those that change the direction of
 * writing appear as escapes, so that a file's name or contents can neither move the cursor nor mislead.
 */
export function toShownText(text: string): string {
  return text.replace(UNSEEN, escapeCharacter)
}

/** JSON for a terminal: the same characters are escaped in JSON's way. Parses to an equal value. */
export function toShownJson(value: unknown, indent: number): string {
  return JSON.stringify(value, undefined, indent).replace(UNSEEN, (character) =>
    character === '\n' ? character : unicodeEscape(character),
  )
}

/** Cuts to a number of columns, with an ellipsis; `from: 'start'` keeps the end, which distinguishes paths. */
export function fit(text: string, columns: number, from: 'start' | 'end' = 'end'): string {
  if (text.length <= columns) return text
  if (columns <= 1) return '…'.slice(0, Math.max(0, columns))
  return from === 'end' ? `${text.slice(0, columns - 1)}…` : `…${text.slice(text.length - columns + 1)}`
}

function escapeCharacter(character: string): string {
  return NAMED[character] ?? unicodeEscape(character)
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
