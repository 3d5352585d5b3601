import type { Section } from './fields.ts'
import { FAILURE_LINE } from './fields.ts'

/** Texts between quotation marks of any language. */
const QUOTED =
  /"([^"\n]{6,160})"|“([^”\n]{6,160})”|«([^»\n]{6,160})»|„([^“”\n]{6,160})[“”]|「([^」\n]{3,100})」|(?<![\w])'([^'\n]{6,160})'(?!\w)/g
/** What comes before the message in an error line: a type, a level, a time, a logger. */
const BEFORE_MESSAGE =
  /^.{0,120}?(?:\b[\w.]*(?:Error|Exception|Warning|Fault|panic(?:ked)?)\b|\b(?:ERROR|FATAL|CRITICAL|SEVERE|WARN(?:ING)?|error|fatal)\b)[\])]?:?\s*/
/** What a program fills in: numbers, quoted values, paths, addresses, placeholders of every language. */
const PLACEHOLDER =
  /\d[\w.:-]*|0x[\da-f]+|["'`][^"'`\n]*["'`]|<[^>\n]*>|\{[^}\n]*\}|\$\{?\w+\}?|%[-\d.]*[a-z]|\S*[/\\]\S+|\[[^\]\n]*\]/g
/** A flag as it is typed. */
const FLAG = /(?<![\w-])--[a-z][\w-]+/g
const MAX_PHRASES = 6
const MAX_FLAGS = 2
const MIN_LENGTH = 8
const MAX_LENGTH = 80

/** Fragments that the code may contain literally, at most {@link MAX_PHRASES}. */
export function findPhrases(sections: readonly Section[]): readonly string[] {
  const failures = sections.filter(({ field, text }) => field === 'block' && FAILURE_LINE.test(text))
  const messages = failures.map(({ text }) => text.replace(BEFORE_MESSAGE, ''))
  const quoted = sections
    .filter(({ field }) => field !== 'block')
    .flatMap(({ field, text }) => [
      ...[...text.matchAll(QUOTED)].map((match) => match.slice(1).find((one) => one !== undefined) ?? ''),
      ...(field === 'inline' ? [text] : []),
    ])
  const found = new Set<string>()
  for (const { field, text } of sections) {
    if (field === 'block' || isCommand(field, text)) continue
    for (const [flag] of text.matchAll(FLAG)) if (found.size < MAX_FLAGS) found.add(flag)
  }
  for (const text of [...messages, ...quoted]) {
    const fragment = fragmentOf(text)
    if (fragment !== undefined) found.add(fragment)
    if (found.size === MAX_PHRASES) break
  }
  return [...found]
}

/** A command as it was run says how the program was used; the flag that is at fault is named alone, or in a sentence. */
function isCommand(field: Section['field'], text: string): boolean {
  return field === 'inline' && /^\s*[\w./-]*\w\s/.test(text)
}

/** The longest part between placeholders, if it is of two words at least. */
function fragmentOf(text: string): string | undefined {
  // Text after a colon at the end is usually a value.
  const parts = text
    .replace(/(:)\s*\S{1,20}\s*$/, '$1')
    .replace(PLACEHOLDER, '\0')
    .split('\0')
  const fragments = parts.map((part) => part.replace(/^[\s.,;:!?-]+|[\s.,;:!?-]+$/g, '').slice(0, MAX_LENGTH))
  const best = fragments.sort((a, b) => b.length - a.length)[0] ?? ''
  const isCode = /[=(){};]|\w\.\w|^[\w.]+$/.test(best)
  return best.length >= MIN_LENGTH && /\S\s+\S/.test(best) && !isCode ? best : undefined
}
