import type { Definition } from '../definition.ts'
import { lastFilledRow, outlinedLines } from './lines.ts'
import { type EntryKind, OutlineBuilder } from './outline-builder.ts'

const NAME = '(?:if (?:not )?exists )?([\\w.$"`\\[\\]]+)'

/** The kind of a statement by its first words, with single spaces; the group is its name. */
const STATEMENTS: readonly { readonly kind: EntryKind; readonly pattern: RegExp }[] = [
  {
    kind: 'function',
    pattern: new RegExp(`^create (?:or (?:replace|alter) )?(?:function|procedure|proc|trigger) ${NAME}`, 'i'),
  },
  {
    kind: 'block',
    pattern: new RegExp(
      `^(?:create|alter|drop) (?:or replace )?(?:(?:unique|temp|temporary|global|local|unlogged|materialized|external|virtual|clustered|nonclustered|foreign|recursive) ){0,3}(?:table|view|index|type|sequence|schema|domain|extension|role|user|policy|database|function|procedure|trigger|macro|aggregate|operator|language|server|publication|event)(?: concurrently)? ${NAME}`,
      'i',
    ),
  },
  {
    kind: 'block',
    pattern: new RegExp(
      `^(?:insert (?:or \\w+ )?into|replace into|delete from|truncate(?: table)?|merge into|copy|update) ${NAME}`,
      'i',
    ),
  },
  { kind: 'block', pattern: new RegExp(`^comment on \\w+ ${NAME}`, 'i') },
  { kind: 'function', pattern: /^-- ?name: ?([\w-]+)/i },
  { kind: 'block', pattern: /^(with \w+|select|do|declare|set \w+|grant \w+)\b/i },
]

/** Most lines that a statement's first words may span. */
const MAX_HEAD_LINES = 4

/** SQL statements, named after what they create or change, and the columns of created tables. */
export function outlineSql(text: string): Definition[] {
  const lines = outlinedLines(text)
  const outline = new OutlineBuilder()
  const state: State = { start: undefined, quote: undefined, blocks: 0 }
  for (const [row, line] of lines.entries()) {
    const trimmed = line.trim()
    if (state.start === undefined) {
      if (trimmed === '' || (trimmed.startsWith('--') && !/^-- ?name:/i.test(trimmed))) continue
      if (/^(?:go|delimiter\b.*|\/|\\.*)$/i.test(trimmed)) continue
      state.start = row
    }
    if (!endsStatement(line, state)) continue
    addStatement(outline, lines, [state.start, row])
    state.start = undefined
    state.blocks = 0
  }
  if (state.start !== undefined) addStatement(outline, lines, [state.start, lines.length - 1])
  return outline.finish(lines.length - 1)
}

interface State {
  start: number | undefined
  /** The end of the open multi-line string or comment. */
  quote: string | undefined
  /** The number of open `BEGIN`s. */
  blocks: number
}

/** Whether the line ends the statement: at a `;` outside of strings, `$$ … $$` and `BEGIN … END`, or at `GO`. */
function endsStatement(line: string, state: State): boolean {
  const clean = withoutStrings(line, state)
  if (/^\s*(?:go|\/\/|\$\$)\s*$/i.test(line) && state.quote === undefined) return true
  state.blocks +=
    count(clean, /\b(?:begin(?!\s*(?:;|transaction|tran\b|work))|case)\b/gi) -
    count(clean, /\bend\b(?!\s+(?:if|loop|while|repeat))/gi)
  return state.quote === undefined && state.blocks <= 0 && /;\s*$/.test(clean.trimEnd().slice(-10))
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

function withoutStrings(line: string, state: State): string {
  let clean = ''
  for (let at = 0; at < line.length; ) {
    if (state.quote !== undefined) {
      const end = line.indexOf(state.quote, at)
      if (end === -1) return clean
      at = end + state.quote.length
      state.quote = undefined
      continue
    }
    if (line.startsWith('--', at)) return clean
    const opened = /^(?:'|\$\w{0,30}\$|\/\*)/.exec(line.slice(at, at + 40))?.[0]
    if (opened === undefined) clean += line[at++] ?? ''
    else {
      state.quote = opened === '/*' ? '*/' : opened
      at += opened.length
    }
  }
  return clean
}

function addStatement(
  outline: OutlineBuilder,
  lines: readonly string[],
  [start, end]: readonly [number, number],
): void {
  const head = lines
    .slice(start, Math.min(end + 1, start + MAX_HEAD_LINES))
    .join(' ')
    .trim()
    .replaceAll(/\s+/g, ' ')
  for (const { kind, pattern } of STATEMENTS) {
    const name = pattern.exec(head)?.[1]?.replaceAll(/["`[\]]/g, '')
    if (name === undefined || name === '') continue
    outline.open(kind, name, start)
    if (/^create (?:\w+ ){0,3}table /i.test(head)) addColumns(outline, lines, [start + 1, end])
    outline.close(lastFilledRow(lines, [start, end], '--'))
    return
  }
}

const NO_COLUMNS =
  /^(?:primary|foreign|unique|constraint|check|key|index|partition|with|engine|comment|as|select|from|where|like|exclude)\b/i

function addColumns(outline: OutlineBuilder, lines: readonly string[], [start, end]: readonly [number, number]): void {
  for (let row = start; row <= end; row++) {
    const text = (lines[row] ?? '').trim()
    const name = NO_COLUMNS.test(text) ? undefined : /^["`[]?([A-Za-z_]\w*)["`\]]?\s+[A-Za-z]/.exec(text)?.[1]
    if (name !== undefined) outline.add('block', name, [row, row])
  }
}

/** The messages of a gettext catalogue by their `msgid`. */
export function outlineGettext(text: string): Definition[] {
  const lines = outlinedLines(text)
  const outline = new OutlineBuilder()
  let start: number | undefined
  for (const [row, line] of lines.entries()) {
    const id = /^msgid\s+"(.*)"\s*$/.exec(line)?.[1]
    if (id === undefined) continue
    if (start !== undefined) outline.close(lastFilledRow(lines, [start, row - 1]))
    const isLong = id === '' && (lines[row + 1] ?? '').startsWith('"')
    outline.open('block', isLong ? (lines[row + 1] ?? '').slice(1, -1) : id, row)
    start = row
  }
  return outline.finish(lastFilledRow(lines, [start ?? 0, lines.length - 1]))
}
