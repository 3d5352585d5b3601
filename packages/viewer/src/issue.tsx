import type { ShownRun } from 'fusesearch/view'
import { useMemo, useState } from 'preact/hooks'
import { type Place, useView } from './context.ts'
import { plural } from './format.ts'
import { Section } from './parts.tsx'
import { shownText } from './shown-text.ts'

/** More of an issue is shown on demand. */
const FIRST_CHARACTERS = 6_000
/** Maximum number of different terms to mark in the text. */
const MAX_TERMS = 400

/** A searched term and the calls that searched for it, the first one first. */
interface Term {
  readonly text: string
  readonly places: readonly Place[]
}

/** The issue, with the searched terms highlighted. */
export function Issue({ text }: { readonly text: string }) {
  const { runs } = useView()
  const [isWhole, setWhole] = useState(false)
  const terms = useMemo(() => termsOf(runs), [runs])
  const shown = isWhole ? text : text.slice(0, FIRST_CHARACTERS)
  const pieces = useMemo(() => piecesOf(shown, terms), [shown, terms])
  return (
    <Section title="Issue" class="issue">
      <p class="hint">
        {terms.size === 0
          ? 'None of its words was searched for.'
          : 'Searched words are marked. Select one to see the call.'}
      </p>
      <div class="issue-text" tabIndex={0} role="group" aria-label="Text of the issue">
        {pieces.map((piece) => (typeof piece === 'string' ? shownText(piece) : <TermMark {...piece} />))}
        {shown.length < text.length && '…'}
      </div>
      {text.length > FIRST_CHARACTERS && (
        <button type="button" class="quiet" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show less' : `Show all ${plural(text.length, 'character')}`}
        </button>
      )}
    </Section>
  )
}

interface Mark {
  readonly found: string
  readonly term: Term
  /** The first occurrence of its term: the Tab key reaches only this one. */
  readonly isFirst: boolean
}

function TermMark({ found, term, isFirst }: Mark) {
  const { runs, select } = useView()
  const [first] = term.places
  if (first === undefined) return <>{shownText(found)}</>
  const tool = runs[first.run]?.turns[first.turn]?.turn.calls[first.call]?.tool ?? 'grep'
  const more = term.places.length > 1 ? `, and in ${plural(term.places.length - 1, 'more call')}` : ''
  return (
    <button
      type="button"
      class={`term ${tool}`}
      tabIndex={isFirst ? 0 : -1}
      title={`searched for in turn ${first.turn + 1}${more}`}
      onClick={() => select(first)}
    >
      {shownText(found)}
    </button>
  )
}

function termsOf(runs: readonly ShownRun[]): ReadonlyMap<string, Term> {
  const terms = new Map<string, Term & { readonly places: Place[] }>()
  for (const [run, { turns }] of runs.entries()) {
    for (const [turn, { shown }] of turns.entries()) {
      for (const [call, { terms: texts }] of shown.entries()) {
        for (const text of texts) {
          const key = text.toLowerCase()
          const term = terms.get(key) ?? { text, places: [] }
          term.places.push({ run, turn, call })
          terms.set(key, term)
        }
      }
    }
  }
  return terms
}

/** Splits a text at the terms; a longer term wins if two begin at one place. */
function piecesOf(text: string, terms: ReadonlyMap<string, Term>): readonly (string | Mark)[] {
  const longestFirst = [...terms.keys()].sort((a, b) => b.length - a.length).slice(0, MAX_TERMS)
  if (longestFirst.length === 0) return [text]
  const anyTerm = new RegExp(`(?<![\\p{L}\\p{N}])(?:${longestFirst.map(escaped).join('|')})(?![\\p{L}\\p{N}])`, 'giu')
  const pieces: (string | Mark)[] = []
  const known = new Set<Term>()
  let end = 0
  for (const match of text.matchAll(anyTerm)) {
    const [found] = match
    const term = terms.get(found.toLowerCase())
    if (term === undefined) continue
    pieces.push(text.slice(end, match.index), { found, term, isFirst: !known.has(term) })
    known.add(term)
    end = match.index + found.length
  }
  return [...pieces, text.slice(end)]
}

function escaped(term: string): string {
  return term.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}
