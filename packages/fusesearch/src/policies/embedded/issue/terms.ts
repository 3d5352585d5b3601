import type { Field, Section } from './fields.ts'
import { type Place, placeOf, type Sightings, type TermTraits, traitsOf } from './traits.ts'
import { isStopWord, splitIdentifier, stem } from './words.ts'

/**
 * Something of the issue worth searching.
 * An `identifier` matches a whole token; a `word` matches the part of any identifier that has its stem.
 */
export interface Term {
  /** As written; for a word, its stem. */
  readonly text: string
  readonly kind: 'identifier' | 'word'
  /** How much the issue stresses it: field and form, before rarity is known. */
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

/** One token of the issue, and what its surroundings say. */
interface Token {
  readonly text: string
  readonly form: number
  readonly field: Field
  readonly place: Place
  /** Index among all tokens. */
  readonly at: number
}

const FIELD_WEIGHT: Readonly<Record<Field, number>> = { title: 3, inline: 2, block: 0.8, prose: 1 }
/** How code-like a name must look to be one: by its form, by a call's parenthesis, or by standing in code. */
const FORM_WEIGHT = { codeLike: 2, call: 1.6, inCode: 1, word: 0.7, part: 0.35, module: 0.3 }
const TOKEN = /[A-Za-z_$][\w$]*/g
const MAX_TERMS = 120
const MIN_LENGTH = 3

/** The terms of an issue, most stressed first; ties in order of first appearance. */
export function findTerms(sections: readonly Section[]): readonly Term[] {
  const drafts = new Map<string, Draft>()
  let tokens = 0
  for (const section of sections) {
    const place = placeOf(section)
    for (const match of section.text.matchAll(TOKEN)) {
      const text = match[0]
      const form = formOf(text, section, match.index ?? 0)
      addToken(drafts, { text, form, field: section.field, place, at: tokens })
      tokens += 1
    }
  }
  return [...drafts.values()]
    .map((draft) => finish(draft, tokens))
    .sort((a, b) => b.weight - a.weight)
    .slice(0, MAX_TERMS)
}

function addToken(drafts: Map<string, Draft>, token: Token): void {
  const { text, form } = token
  if (text.length < MIN_LENGTH || text.length > 80) return
  const isWhole = form === FORM_WEIGHT.word
  if (!isWhole && !(form === FORM_WEIGHT.inCode && isStopWord(text.toLowerCase()))) {
    note(drafts, { text, kind: 'identifier', form }, token)
  }
  for (const part of splitIdentifier(text)) {
    if (part.length < MIN_LENGTH || isStopWord(part)) continue
    const partForm = isWhole ? FORM_WEIGHT.word : FORM_WEIGHT.part
    note(drafts, { text: stem(part), kind: 'word', form: partForm }, token)
  }
}

function formOf(token: string, section: Section, index: number): number {
  if (/[a-z\d]_[a-z\d]|^_+[a-z]|[a-z][A-Z]|[A-Z]{2,}[a-z]+[A-Z]?|[A-Z]_[A-Z]/i.test(token) && isCodeLike(token)) {
    return FORM_WEIGHT.codeLike
  }
  const next = section.text[index + token.length]
  const previous = section.text[index - 1]
  if (next === '(') return FORM_WEIGHT.call
  const isOwner = next === '.' && /\w/.test(section.text[index + token.length + 1] ?? '')
  if (isOwner && /^[a-z\d]+$/.test(token)) return FORM_WEIGHT.module
  const isDotted = isOwner || previous === '.'
  if (isDotted || section.field === 'inline' || section.field === 'block') return FORM_WEIGHT.inCode
  return FORM_WEIGHT.word
}

function isCodeLike(token: string): boolean {
  return token.includes('_') || /[a-z][A-Z]/.test(token) || /[A-Z]{2,}[a-z]{2,}/.test(token)
}

function note(drafts: Map<string, Draft>, seen: Pick<Draft, 'text' | 'kind' | 'form'>, token: Token): void {
  const key = `${seen.kind}:${seen.text}`
  const draft = drafts.get(key) ?? createDraft(seen, token.at)
  draft.form = Math.max(draft.form, seen.form)
  draft.fields.set(token.field, (draft.fields.get(token.field) ?? 0) + 1)
  draft.places.set(token.place, (draft.places.get(token.place) ?? 0) + 1)
  draft.isCapital ||= /^[A-Z]/.test(token.text)
  draft.isCodeLike ||= seen.form === FORM_WEIGHT.codeLike
  drafts.set(key, draft)
}

function createDraft({ text, kind }: Pick<Draft, 'text' | 'kind'>, first: number): Draft {
  const flags = { isCapital: false, isCodeLike: false }
  return { text, kind, form: 0, fields: new Map(), places: new Map(), first, ...flags }
}

function finish(draft: Draft, tokens: number): Term {
  let stress = 0
  for (const [field, count] of draft.fields) stress += FIELD_WEIGHT[field] * (1 + 0.3 * Math.log(count))
  const { text, kind, form, fields } = draft
  return { text, kind, weight: stress * form, isInTitle: fields.has('title'), traits: traitsOf(draft, draft, tokens) }
}
