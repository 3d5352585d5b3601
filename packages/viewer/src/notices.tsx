import type { ShownRun } from 'fusesearch/view'
import { plural } from './format.ts'
import { shownText } from './shown-text.ts'

/** Limits that affected the calls of a run, and the notes of its policy; equal ones once. */
export function Notices({ run, more = [] }: { readonly run: ShownRun; readonly more?: readonly string[] }) {
  const counts = new Map<string, number>()
  for (const text of [...more, ...noticesOf(run)]) counts.set(text, (counts.get(text) ?? 0) + 1)
  if (counts.size === 0) return null
  return (
    <details class="notices">
      <summary>{plural(counts.size, 'notice')}</summary>
      <ul>
        {[...counts].map(([text, count]) => (
          <li key={text}>
            {shownText(text)}
            {count > 1 && <span class="muted"> ({count} times)</span>}
          </li>
        ))}
      </ul>
    </details>
  )
}

function noticesOf({ turns, end }: ShownRun): readonly string[] {
  const ofTurns = turns.flatMap(({ turn }) => [
    ...(turn.notes ?? []),
    ...turn.digests.flatMap((digest) => (digest.ok ? digest.notices.map(({ message }) => message) : [])),
  ])
  return [...ofTurns, ...(end?.notes ?? [])]
}
