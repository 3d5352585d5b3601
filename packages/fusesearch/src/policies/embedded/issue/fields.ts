import { replaceSpans } from '../../../core/index.ts'

/** The part of the issue that holds a piece of text; a name in the title counts more than one in a pasted log. */
export type Field = 'title' | 'inline' | 'block' | 'prose'

/** A run of issue text of one field. */
export interface Section {
  readonly field: Field
  readonly text: string
}

const FENCE = /^\s*(?:```|~~~)/
const INDENTED_CODE = /^(?: {4}|\t)\S/
const PROMPT = /^\s*(?:>>>|\.\.\.|In \[\d+\]:|Out\[\d+\]:|\$ )/
/** A line of a stack trace. */
export const TRACE_LINE = /^\s*(?:Traceback \(most recent call last\)|File "[^"]+", line \d+|at [\w$.<>]+\()/
/** A line that reports a failure: an exception with its message, or a log line of a high level. */
export const FAILURE_LINE =
  /^\s*[\w.]{0,80}(?:Error|Exception)\b|\b(?:ERROR|FATAL|CRITICAL|SEVERE)\b|^\s*(?:panic|error|fatal error|fatal)\b.{0,40}:/
/** Headings under which only the reporter's machine is described. */
const ENVIRONMENT_HEADING =
  /^\s*(?:#+|\*\*)\s*(?:environment|versions?|system (?:info|details|information)|dependencies|installed packages|your environment|platform|package versions)\b/i
const HEADING = /^\s*#+\s/
/** For a line without trailing blanks. */
const BOLD_HEADING = /^\s*\*\*[^*]+\*\*\s*:?$/
const VERSION = /^([^:=]*)(?:==|:|=)\s*v?\d+(?:\.\d+)+\S*$/
const VERSIONED = /^[\w .()/-]{1,40}$/

/**
 * Splits an issue into fields. Degrades gracefully: trackers without code fences give prose, indented
 * blocks, prompts and traces still count as code. Templates' comments and environment dumps are dropped.
 */
export function splitFields(issue: string): readonly Section[] {
  const lines = withoutComments(issue).split(/\r\n|\r|\n/)
  const sections: Section[] = []
  const first = lines.findIndex((line) => line.trim() !== '')
  if (first === -1) return []
  sections.push(...splitInlineCode((lines[first] ?? '').replace(/^#+\s*/, ''), 'title'))
  const isRepeated = createRepeats()
  let isFenced = false
  let isEnvironment = false
  for (const line of lines.slice(first + 1)) {
    if (FENCE.test(line)) {
      isFenced = !isFenced
      continue
    }
    if (!isFenced && isHeading(line)) isEnvironment = ENVIRONMENT_HEADING.test(line)
    if (isEnvironment || isVersionLine(line)) continue
    if (isFenced || isCodeLine(line)) {
      if (!isRepeated(line)) sections.push({ field: 'block', text: line })
    } else sections.push(...splitInlineCode(line, 'prose'))
  }
  return sections
}

/** Lines of one form that are used before the log counts as repetitive. */
const MAX_REPEATS = 3

/** True for a line whose form was frequent: in a log the lines that differ from the others matter. */
function createRepeats(): (line: string) => boolean {
  const counts = new Map<string, number>()
  return (line) => {
    if (FAILURE_LINE.test(line)) return false
    const form = line.replace(/0x[\da-f]+|\d+/gi, '0').slice(0, 200)
    const count = (counts.get(form) ?? 0) + 1
    counts.set(form, count)
    return count > MAX_REPEATS && /\d/.test(line)
  }
}

function withoutComments(issue: string): string {
  return replaceSpans(issue, { start: /<!--/, end: /-->/ }, ' ').replace(/<\/?details>|<\/?summary>/gi, ' ')
}

function isHeading(line: string): boolean {
  return HEADING.test(line) || BOLD_HEADING.test(line.trimEnd())
}

/**
 * Recognizes a line such as `- numpy: 1.2.3`. It does so in steps, because a single expression would try every way of
 * dividing a run of blanks.
 */
function isVersionLine(line: string): boolean {
  const written = VERSION.exec(line.trimEnd())?.[1]
  if (written === undefined) return false
  const name = written.trim() || written
  return VERSIONED.test(name) || VERSIONED.test(name.replace(/^[-*]\s*/, ''))
}

function isCodeLine(line: string): boolean {
  return INDENTED_CODE.test(line) || PROMPT.test(line) || TRACE_LINE.test(line)
}

/** Backticked spans inside a line of text become inline code; in the title they keep counting as title. */
function splitInlineCode(line: string, field: 'title' | 'prose'): Section[] {
  const sections: Section[] = []
  for (const [index, text] of line.split(/``?/).entries()) {
    if (text.trim() === '') continue
    const isCode = index % 2 === 1
    if (isCode && field === 'title') sections.push({ field: 'title', text }, { field: 'inline', text })
    else sections.push({ field: isCode ? 'inline' : field, text })
  }
  return sections
}
