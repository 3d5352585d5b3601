import { shownText } from './shown-text.ts'

/** Names and values, folded. */
export function Facts({ facts }: { readonly facts: readonly (readonly [name: string, value: string])[] }) {
  return (
    <details>
      <summary>How it was made</summary>
      <dl class="pairs">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{shownText(name)}</dt>
            <dd>{shownText(value)}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
