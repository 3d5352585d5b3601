import type { Definition } from '../definition.ts'
import { codeOf, indentOf, type Lexis, lastFilledRow, MAX_HEAD_CHARS, outlinedLines } from './lines.ts'
import { type EntryKind, OutlineBuilder } from './outline-builder.ts'

/** How the head of an entry is written, and where the entry ends. */
export interface IndentHead {
  readonly kind: EntryKind
  /** The first group that matched is the name. */
  readonly pattern: RegExp
  /**
   * `body`: the entry ends before the next line in its column, or with a closer there. `line`: the same, but without
   * the closer. `closed`: only the closer in its column ends it, since its body may be in that column too.
   */
  readonly extent: 'body' | 'line' | 'closed'
}

/** A language whose bodies are indented, and may be closed by a word in the head's column. */
export interface IndentLanguage {
  readonly lexis: Lexis
  readonly heads: readonly IndentHead[]
  /** Closes a body in the head's column, and belongs to the entry. */
  readonly closer?: RegExp
  /** True if consecutive heads with the same name are one entry, as equations of a function are. */
  readonly joinsEquals?: boolean
  /** Joins the parts of a name, instead of a dot. */
  readonly joint?: string
  /** True if heads inside a function don't count, because what looks like one is an expression. */
  readonly hasNoInner?: boolean
}

interface Open {
  readonly kind: EntryKind
  readonly extent: IndentHead['extent']
  readonly indent: number
  readonly row: number
  readonly name: string
}

/** The entries of a language by the columns of their lines. */
export function outlineIndented(text: string, language: IndentLanguage): Definition[] {
  const { lexis, closer, joinsEquals, hasNoInner } = language
  const lines = outlinedLines(text)
  const code = codeOf(lines, lexis)
  const outline = new OutlineBuilder()
  const open: Open[] = []
  const closeWhile = (isOver: (last: Open) => boolean, row: number): void => {
    for (let last = open.at(-1); last !== undefined && isOver(last); last = open.at(-1)) {
      open.pop()
      outline.close(lastFilledRow(code, [last.row, row], ''))
    }
  }
  for (const [row, clean] of code.entries()) {
    if (clean.trim() === '') continue
    const indent = indentOf(clean)
    const body = clean.slice(indent)
    if (closer?.test(body)) {
      closeWhile((last) => last.indent > indent || (last.extent === 'line' && last.indent === indent), row - 1)
      const last = open.at(-1)
      if (last?.indent === indent) closeWhile((one) => one === last, row)
      continue
    }
    const head = headIn((lines[row] ?? '').slice(indent, indent + MAX_HEAD_CHARS), language)
    const last = open.at(-1)
    if (joinsEquals && head !== undefined && last?.indent === indent && last.name === head.name) continue
    // A closing bracket in the head's column continues the body.
    if (!/^[)\]}]/.test(body))
      closeWhile((one) => one.indent > indent || (one.indent === indent && one.extent !== 'closed'), row - 1)
    if (head === undefined || (hasNoInner && open.at(-1)?.kind === 'function')) continue
    outline.open(head.kind, head.name, row)
    open.push({ ...head, indent, row })
  }
  closeWhile(() => true, lines.length - 1)
  return outline.finish(lines.length - 1)
}

function headIn(
  line: string,
  { heads, joint = '.' }: IndentLanguage,
): Pick<Open, 'kind' | 'extent' | 'name'> | undefined {
  for (const { kind, pattern, extent } of heads) {
    const found = pattern.exec(line)
    const name = found?.slice(1).find((part: string | undefined) => part !== undefined && part !== '')
    if (name !== undefined) return { kind, extent, name: name.replaceAll(joint, '.') }
  }
  return undefined
}

function functions(...patterns: RegExp[]): IndentHead[] {
  return patterns.map((pattern) => ({ kind: 'function', pattern, extent: 'body' }))
}

function classes(...patterns: RegExp[]): IndentHead[] {
  return patterns.map((pattern) => ({ kind: 'class', pattern, extent: 'body' }))
}

function blocks(...patterns: RegExp[]): IndentHead[] {
  return patterns.map((pattern) => ({ kind: 'block', pattern, extent: 'line' }))
}

/** The same heads, each ended by its closer alone. */
function closed(heads: readonly IndentHead[]): IndentHead[] {
  return heads.map((head) => ({ ...head, extent: 'closed' }))
}

/** The same heads, none of which has a closer. */
function unclosed(heads: readonly IndentHead[]): IndentHead[] {
  return heads.map((head) => ({ ...head, extent: 'line' }))
}

const HASH: Lexis = { comments: ['#'], quotes: '"' }

export const fsharp: IndentLanguage = {
  lexis: { comments: ['//'], blockComment: ['(*', '*)'], quotes: '"' },
  heads: [
    ...classes(/^(?:module|type|and)\s+(?:rec |private |internal |public )?([\w.]+)[^=]*=\s*$/, /^type\s+([\w.]+)/),
    ...functions(
      /^(?:static |abstract |override |default )*member\s+(?:inline |private )?(?:\w+\.)?(\w+)/,
      /^(?:override|default|abstract)\s+(?:\w+\.)?(\w+)/,
      /^(?:let|and)\s+(?:rec |inline |private |internal |mutable )*(\w+)\s+[\w(]/,
    ),
    ...blocks(/^let\s+(?:private |internal |mutable )*(\w+)/),
  ],
}

/** Cython, Nim, GDScript, Starlark-like: a head with an indented body. */
export const indented: IndentLanguage = {
  lexis: { ...HASH, quotes: '"' },
  heads: [
    ...functions(
      /^c(?:p)?def\s+(?:[\w*[\]]+\s+){0,4}\*?(\w+)\s*\(/,
      /^(?:async |static )*(?:def|func|proc|method|iterator|template|macro|converter)\s+(\w+|`[^`]+`)/,
    ),
    ...classes(
      /^(?:cdef |static )*class\s+(\w+)/,
      /^cdef\s+(?:struct|enum|extern)\s+(\w+)/,
      /^(\w+)\*?\s*=\s*(?:ref |ptr )?(?:object|enum)\b/,
    ),
    ...blocks(/^(?:@?export(?:\([^()]*\))? |@onready )?(?:const|var|let)\s+(\w+)/, /^([A-Z][A-Z\d_]+)\s*=(?!=)/),
  ],
}

/** Languages whose bodies end with `end` in the column of the head: Crystal, MATLAB, fish, Elm-free Ruby-likes. */
export const ended: IndentLanguage = {
  lexis: { comments: ['#', '%'], quotes: '"' },
  heads: [
    ...functions(
      /^(?:private |protected |abstract )*(?:def|macro|fun)\s+([\w.?!=[\]+*<>-]+)/,
      /^function\s+(?:[\w\s[\],~]*=\s*)?([\w.-]+)/,
    ),
    ...classes(/^(?:private |abstract )*(?:class|module|struct|enum|lib|annotation|classdef)\s+([\w:]+)/),
    ...blocks(/^([A-Z][A-Z\d_]+)\s*=(?!=)/),
  ],
  closer: /^end\b/,
}

export const vim: IndentLanguage = {
  lexis: { comments: [], quotes: '' },
  heads: [
    ...functions(/^(?:export\s+)?(?:function!?|def!?)\s+([\w:.#<>]+)/, /^command!?\s+(?:-\S+\s+)*(\w+)/),
    ...blocks(/^augroup\s+(?!END)([\w-]+)/i, /^let\s+([gsb]:\w+)/),
  ],
  closer: /^(?:endf(?:unction)?|enddef|augroup END)\b/i,
}

export const basic: IndentLanguage = {
  lexis: { comments: ["'"], quotes: '"' },
  heads: [
    ...functions(
      /^(?:(?:public|private|protected|friend|shared|overrides|overridable|async|static|partial|default|readonly)\s+)*(?:sub|function|property(?:\s+(?:get|let|set))?)\s+(\w+)/i,
    ),
    ...classes(
      /^(?:(?:public|private|friend|partial|notinheritable|mustinherit)\s+)*(?:class|module|structure|enum|interface|type)\s+(\w+)/i,
    ),
    ...blocks(/^(?:(?:public|private)\s+)*const\s+(\w+)/i),
  ],
  closer: /^end\s+(?:sub|function|property|class|module|structure|enum|interface|type)\b/i,
}

export const fortran: IndentLanguage = {
  lexis: { comments: ['!'], quotes: '' },
  heads: closed([
    ...functions(
      /^(?:(?:pure|elemental|recursive|impure|module|integer|real|logical|character|complex|type|double precision)(?:\([^()]*\))?\s+)*(?:subroutine|function)\s+(\w+)/i,
    ),
    ...classes(
      /^(?:module|program|submodule\s*\([^()]*\))\s+(?!procedure|subroutine|function)(\w+)/i,
      /^type(?:\s*,[^:]*)?\s*(?:::)?\s+(\w+)\s*$/i,
    ),
  ]),
  closer: /^end\s*(?:subroutine|function|module|program|submodule|type)\b/i,
}

export const pascal: IndentLanguage = {
  lexis: { comments: ['//'], blockComment: ['{', '}'], quotes: "'" },
  heads: [
    ...closed(functions(/^(?:class\s+)?(?:procedure|function|constructor|destructor|operator)\s+([\w.]+)/i)),
    ...classes(/^(\w+)\s*=\s*(?:packed\s+)?(?:class|record|interface|object)\b/i),
  ],
  closer: /^end\s*;/i,
}

export const hdl: IndentLanguage = {
  lexis: { comments: ['//', '--'], quotes: '"' },
  heads: [
    ...closed(
      classes(
        /^(?:module|interface|package|class|entity|program)\s+(?:automatic |static )?(\w+)/i,
        /^architecture\s+(\w+)/i,
      ),
    ),
    ...functions(
      /^(?:function|task|procedure)\s+(?:automatic |static )?(?:[\w[\]:]+\s+)?(\w+)\s*[(;]/i,
      /^(\w+)\s*:\s*process\b/i,
    ),
    ...blocks(/^`define\s+(\w+)/, /^(?:local)?param(?:eter)?\s+(?:\w+\s+)?(\w+)\s*=/),
  ],
  closer: /^end(?:module|interface|package|class|function|task|program| \w+)?\b/i,
}

export const erlang: IndentLanguage = {
  lexis: { comments: ['%'], quotes: '"' },
  heads: [
    ...functions(/^([a-z][\w@]*)\s*\(/),
    ...classes(/^-record\(\s*(\w+)/),
    ...blocks(/^-(?:define|type|opaque|callback|spec|behaviou?r)\(?\s*(\w+)/),
  ],
  joinsEquals: true,
  hasNoInner: true,
}

export const elm: IndentLanguage = {
  lexis: { comments: ['--'], blockComment: ['{-', '-}'], quotes: '"' },
  heads: [
    ...classes(/^(?:type alias|type|newtype|data|class|interface|record)\s+(\w+)/),
    ...functions(/^(?!(?:import|module|port|where|in|else|then|of)\b)([a-z][\w']*)(?:\s+[^:=\s][^=]*)?\s*(?:::?|=)/),
  ],
  joinsEquals: true,
  hasNoInner: true,
}

/** Elixir: `do … end` in one column, as its formatter writes. */
export const elixir: IndentLanguage = {
  lexis: { comments: ['#'], quotes: '"' },
  heads: [
    ...functions(
      /^(?:def|defp|defmacro|defmacrop|defguard|defguardp|defdelegate)\s+([\w?!]+)/,
      /^(?:test|property)\s+"([^"]+)"/,
    ),
    ...classes(/^(?:defmodule|defprotocol|defimpl)\s+([\w.]+)/, /^describe\s+"([^"]+)"/),
    ...blocks(/^@(?!doc|moduledoc|spec|impl|typedoc|tag)(\w+)\s/, /^(schema|field|plug|pipeline|scope|config)\b/),
  ],
  closer: /^end\b/,
}

/** Julia: `function … end`, and the short form `f(x) = …`. */
export const julia: IndentLanguage = {
  lexis: { comments: ['#'], quotes: '"' },
  heads: [
    ...functions(/^(?:@\w+\s+)?(?:function|macro)\s+([\w.!]+)/),
    ...unclosed(functions(/^(?:@\w+\s+)?([A-Za-z_][\w.!]*)\([^=]*\)(?:::[\w.{}]+)?(?:\s+where\s[^=]+)?\s*=(?!=)/)),
    ...closed(classes(/^(?:module|baremodule)\s+(\w+)/)),
    ...classes(/^(?:@\w+\s+)?(?:mutable\s+)?struct\s+(\w+)/, /^(?:abstract|primitive)\s+type\s+(\w+)/),
    ...blocks(/^const\s+(\w+)/),
  ],
  closer: /^end\b/,
}

export const ocaml: IndentLanguage = {
  lexis: { comments: [], blockComment: ['(*', '*)'], quotes: '"' },
  heads: [
    ...classes(
      /^(?:module|class)\s+(?:type\s+|rec\s+|virtual\s+)*(\w+)/,
      /^(?:type|and)\s+(?:nonrec\s+)?(?:\([^()]*\)\s*|'\w+\s+)?([a-z]\w*)\s*(?:=\s*(?:[{|]|$|private)|$)/,
      /^type\s+(?:nonrec\s+)?(?:\([^()]*\)\s*|'\w+\s+)?(\w+)/,
    ),
    ...functions(
      /^(?:let|and)(?:%\w+)?\s+(?:rec\s+|inline\s+)?([a-z_][\w']*)\s+[\w(~?]/,
      /^(?:let|and)\s+(?:rec\s+)?([a-z_][\w']*)\s*=\s*(?:fun|function)\b/,
      /^method\s+(?:private\s+|virtual\s+|!\s*)*(\w+)/,
      /^(?:val|external)\s+([\w']+)\s*:[^=]*->/,
    ),
    ...blocks(/^(?:let|and|val|exception)\s+(?:rec\s+)?([A-Za-z_][\w']*)/),
  ],
}

/** Haskell: heads at the margin or in a class or instance; equations with the same name are one function. */
export const haskell: IndentLanguage = {
  lexis: { comments: ['-- '], blockComment: ['{-', '-}'], quotes: '"' },
  heads: [
    ...classes(
      /^(?:data|newtype|type)\s+(?:family\s+|instance\s+)?(\w+)/,
      /^class\s+(?:[^=]*=>\s*)?(\w+)/,
      /^instance\s+(?:[^=]*=>\s*)?([\w.]+(?:\s+[\w.]+)?)/,
    ),
    ...functions(
      /^(?!(?:import|module|where|in|else|then|of|deriving|infix[lr]?|let|do|case|if|main\s*::)\b)([a-z_][\w']*)(?:\s*,\s*\w+)*\s*(?:::|[^:=]*=(?!>)|[\w\s'()]*\|?\s*$)/,
    ),
  ],
  joinsEquals: true,
  hasNoInner: true,
}

/** The functions of Bazel's language. */
export const starlark: IndentLanguage = { lexis: HASH, heads: functions(/^def\s+(\w+)/) }

/** Shell: `name() {` up to the brace in its column. Brackets aren't counted, since `case` leaves some open. */
export const shell: IndentLanguage = {
  lexis: { comments: [], quotes: '' },
  heads: [
    ...unclosed(functions(/^(?:function\s+)?([\w:.+@-]+)\s*\(\s*\)\s*\{.*\}\s*$/)),
    ...closed(functions(/^(?:function\s+)?([\w:.+@-]+)\s*\(\s*\)/, /^function\s+([\w:.+@-]+)/)),
    ...blocks(/^(?:export |readonly |declare (?:-\w+ )*)?([A-Z_][A-Z\d_]*)\+?=/),
  ],
  closer: /^[})](?!.*\()/,
}

export const lua: IndentLanguage = {
  lexis: { comments: ['--'], blockComment: ['--[[', ']]'], quotes: '"' },
  heads: [
    ...functions(/^(?:local\s+)?function\s+([\w.:]+)/, /^(?:local\s+)?([\w.]+)\s*=\s*function\b/),
    ...blocks(/^(?:local\s+)?([A-Z][A-Z\d_]+)\s*=(?!=)/),
  ],
  closer: /^end\b/,
  joint: ':',
}
