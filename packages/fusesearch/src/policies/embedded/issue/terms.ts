import type { Field, Section } from './fields.ts'
import { type LineKind, lineKindOf, type Sightings, type TermTraits, traitsOf } from './traits.ts'
import { isAscii, isIdeographic, isReportWord, isStopWord, splitIdentifier, stem, wordsWithDigits } from './words.ts'

/**
 * Something of the issue worth searching. An `identifier` matches a whole token; a `word` matches the part of any
 * identifier that has its stem; a `compound` matches its parts in any spelling (`max-age`, `maxAge`, `MAX_AGE`).
 */
export interface Term {
  /** As written; for a word, its stem; for a compound, its parts in lower case joined by hyphens. */
  readonly text: string
  readonly kind: 'identifier' | 'word' | 'compound'
  /** Its stress: how prominent it is in the issue, by field and form, before its rarity is known. */
  readonly weight: number
  readonly isInTitle: boolean
  readonly traits: TermTraits
}

interface Draft extends Sightings {
  readonly text: string
  readonly kind: Term['kind']
  form: number
  readonly fields: Map<Field, number>
}

/** One token of the issue, with its context. */
interface Token {
  readonly text: string
  readonly form: number
  readonly field: Field
  readonly line: LineKind
  /** Index among all tokens. */
  readonly at: number
}

const FIELD_WEIGHT: Readonly<Record<Field, number>> = { title: 3, inline: 2, block: 0.8, prose: 1 }
/** How code-like a name must look to be one: by its form, by a call's parenthesis, or by standing in code. */
const FORM_WEIGHT = { codeLike: 2, call: 1.6, inCode: 1, owner: 1.4, word: 0.7, part: 0.35, module: 0.3, report: 0.2 }
const TOKEN = /[\p{L}_$][\p{L}\p{N}_$]*/gu
/** Words joined by hyphens, and flags as they are typed. */
const COMPOUND = /(?<![\w-])(-{0,2})([A-Za-z]\w*(?:-\w+)+)(?![\w-])|(?<![\w-])--([A-Za-z]\w+)/g
const MAX_TERMS = 120
const MIN_LENGTH = 3
/** Words of an issue in a script without blanks. */
const MAX_SEGMENTS = 60

/** The terms of an issue, highest stress first; ties in order of first appearance. */
export function findTerms(sections: readonly Section[]): readonly Term[] {
  const drafts = new Map<string, Draft>()
  let tokens = 0
  for (const section of sections) {
    const line = lineKindOf(section)
    const compounds = [...section.text.matchAll(COMPOUND)].filter(isOneName(section))
    for (const match of section.text.matchAll(TOKEN)) {
      const text = match[0]
      const isPart = compounds.some(({ index, 0: { length } }) => match.index >= index && match.index < index + length)
      const form = isPart ? FORM_WEIGHT.part : formOf(text, section, match.index)
      const token = { text, form, field: section.field, line, at: tokens }
      if (isIdeographic(text)) addSegments(drafts, token)
      else addToken(drafts, token)
      tokens += 1
    }
    for (const match of compounds) {
      addCompound(drafts, match, { text: match[0], form: 0, field: section.field, line, at: tokens })
    }
  }
  return [...drafts.values()]
    .map((draft) => finish(draft, tokens))
    .sort((a, b) => b.weight - a.weight)
    .slice(0, MAX_TERMS)
}

function addToken(drafts: Map<string, Draft>, token: Token): void {
  const { text, form } = token
  if (text.length > 80) return
  for (const word of wordsWithDigits(text)) note(drafts, { text: word, kind: 'word', form: FORM_WEIGHT.call }, token)
  if (text.length < MIN_LENGTH) {
    // Two letters count if they are written in capitals: DB, UI.
    if (/^[A-Z]{2}$/.test(text) && !isStopWord(text.toLowerCase())) {
      note(drafts, { text: text.toLowerCase(), kind: 'word', form: FORM_WEIGHT.call }, token)
    }
    return
  }
  const isWhole = form === FORM_WEIGHT.word || form === FORM_WEIGHT.part
  if (!isWhole && !(form === FORM_WEIGHT.inCode && isCommon(text.toLowerCase()))) {
    note(drafts, { text, kind: 'identifier', form }, token)
  }
  for (const part of splitIdentifier(text)) {
    if (part.length < MIN_LENGTH || isStopWord(part)) continue
    const partForm = isReportWord(part) ? FORM_WEIGHT.report : isWhole ? form : FORM_WEIGHT.part
    note(drafts, { text: stem(part), kind: 'word', form: partForm }, token)
  }
}

function isCommon(word: string): boolean {
  return isStopWord(word) || isReportWord(word)
}

/** Chinese, Japanese, Korean and Thai have no blanks between words: the platform's dictionary finds them. */
function addSegments(drafts: Map<string, Draft>, token: Token): void {
  const segments = [...new Intl.Segmenter(undefined, { granularity: 'word' }).segment(token.text)]
  for (const { segment, isWordLike } of segments.slice(0, MAX_SEGMENTS)) {
    if (isWordLike !== true || (segment.length < 2 && isIdeographic(segment))) continue
    if (isAscii(segment)) addToken(drafts, { ...token, text: segment })
    else note(drafts, { text: segment.toLowerCase(), kind: 'word', form: FORM_WEIGHT.word }, token)
  }
}

/** Longest prefix that makes one word with what follows: un-, non-, auto-. */
const MAX_PREFIX = 4

/** Whether a match is one name: a flag, a name in code, or a prefix with its word; other hyphens only join two words. */
function isOneName({ field }: Section): (match: RegExpMatchArray) => boolean {
  return ([, dashes, joined = '']) => {
    const [first = '', ...rest] = joined.split('-')
    return dashes !== '' || field === 'inline' || joined === '' || (first.length <= MAX_PREFIX && rest.length === 1)
  }
}

/** `un-linking` is also the word unlinking; `--no-color` and `cache-directory` are names that code spells in its own way. */
function addCompound(drafts: Map<string, Draft>, match: RegExpMatchArray, token: Token): void {
  const [, dashes = '', joined, flag] = match
  if (joined === undefined) {
    note(drafts, { text: (flag ?? '').toLowerCase(), kind: 'word', form: FORM_WEIGHT.inCode }, token)
    return
  }
  const parts = joined.toLowerCase().split('-')
  if (parts.join('').length > 60) return
  if (dashes !== '' || token.field === 'inline') {
    note(drafts, { text: parts.join('-'), kind: 'compound', form: FORM_WEIGHT.codeLike }, token)
  } else if (!/\d/.test(joined)) {
    note(drafts, { text: stem(parts.join('')), kind: 'word', form: FORM_WEIGHT.inCode }, token)
  }
}

function formOf(token: string, section: Section, index: number): number {
  if (token.length > 1 && isCodeLike(token) && /\p{L}.*\p{L}/u.test(token)) return FORM_WEIGHT.codeLike
  const next = section.text[index + token.length]
  const previous = section.text[index - 1]
  if (next === '(') return FORM_WEIGHT.call
  const isOwner = next === '.' && /\w/.test(section.text[index + token.length + 1] ?? '')
  if (isOwner && /^[a-z\d]+$/.test(token)) return ownerForm(token, section.text, index)
  const isDotted = isOwner || previous === '.'
  if (isDotted || section.field === 'inline' || section.field === 'block') return FORM_WEIGHT.inCode
  return FORM_WEIGHT.word
}

/** The object of `session.commit` counts; the package of `shop.cart.total` stands in every path. */
function ownerForm(token: string, text: string, index: number): number {
  const isFirst = !/[\w.]/.test(text[index - 1] ?? '')
  const isObject = /^\.\w+(?!\.?\w)/.test(text.slice(index + token.length, index + token.length + 80))
  return isFirst && isObject && token.length > 3 ? FORM_WEIGHT.owner : FORM_WEIGHT.module
}

function isCodeLike(token: string): boolean {
  return token.includes('_') || /\p{Ll}\p{Lu}/u.test(token) || /[A-Z]{2}[a-z]{2}/.test(token)
}

function note(drafts: Map<string, Draft>, seen: Pick<Draft, 'text' | 'kind' | 'form'>, token: Token): void {
  const key = `${seen.kind}:${seen.text}`
  const draft = drafts.get(key) ?? createDraft(seen, token.at)
  draft.form = Math.max(draft.form, seen.form)
  draft.fields.set(token.field, (draft.fields.get(token.field) ?? 0) + 1)
  draft.lines.set(token.line, (draft.lines.get(token.line) ?? 0) + 1)
  draft.isCapital ||= /^\p{Lu}/u.test(token.text)
  draft.isCodeLike ||= seen.form === FORM_WEIGHT.codeLike
  drafts.set(key, draft)
}

function createDraft({ text, kind }: Pick<Draft, 'text' | 'kind'>, first: number): Draft {
  const flags = { isCapital: false, isCodeLike: false }
  return { text, kind, form: 0, fields: new Map(), lines: new Map(), first, ...flags }
}

function finish(draft: Draft, tokens: number): Term {
  let stress = 0
  for (const [field, count] of draft.fields) stress += FIELD_WEIGHT[field] * (1 + 0.3 * Math.log(count))
  const { text, kind, form, fields } = draft
  return { text, kind, weight: stress * form, isInTitle: fields.has('title'), traits: traitsOf(draft, draft, tokens) }
}
