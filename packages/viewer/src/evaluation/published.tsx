import type { ShownPublished } from 'fusesearch/view'
import { useState } from 'preact/hooks'
import { Section } from '../parts.tsx'
import { number } from './tables.tsx'

/** Numbers published by others, hidden by default. */
export function Published({ rows }: { readonly rows: readonly ShownPublished[] }) {
  const [isAsked, setAsked] = useState(false)
  if (rows.length === 0) return null
  return (
    <Section title="Published numbers of other systems">
      <button type="button" class="quiet" aria-expanded={isAsked} onClick={() => setAsked(!isAsked)}>
        {isAsked ? 'Hide them' : 'Show them'}
      </button>
      {isAsked && (
        <>
          <p class="hint">
            Each is over its own instances, so it can't be compared with the tables above point by point.
          </p>
          <div class="scrolling" tabIndex={0} role="group" aria-label="Table: published numbers">
            <table>
              <thead>
                <tr>
                  <th scope="col">system</th>
                  <th scope="col">instances</th>
                  {['file F1', 'function F1', 'turns', 'seconds'].map((name) => (
                    <th scope="col" class="number" key={name}>
                      {name}
                    </th>
                  ))}
                  <th scope="col">source</th>
                </tr>
              </thead>
              <tbody>
                {rows.map(({ system, instances, fileF1, functionF1, turns, seconds, source }) => (
                  <tr key={system}>
                    <th scope="row">{system}</th>
                    <td>{instances}</td>
                    {[fileF1, functionF1, turns, seconds].map((value, column) => (
                      <td class="number" key={column}>
                        {number(value)}
                      </td>
                    ))}
                    <td>{source}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </Section>
  )
}
