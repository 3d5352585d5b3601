import { useState } from 'preact/hooks'
import { shownText } from '../shown-text.ts'
import type { Asked, Roots } from './search.ts'

/** Policies offered by a server. */
const POLICIES = {
  embedded: 'embedded',
  sequential: 'sequential, one call per turn',
  'fixed-breadth': 'fixed breadth',
} as const

interface AskFormProps {
  readonly roots: Roots
  readonly isBusy: boolean
  /** One for each chosen policy. */
  readonly onAsk: (asked: readonly Asked[]) => void
  readonly onStop: () => void
}

/** The issue, and where and how to search for it. */
export function AskForm({ roots: { roots }, isBusy, onAsk, onStop }: AskFormProps) {
  const [issue, setIssue] = useState('')
  const [root, setRoot] = useState(roots[0] ?? '')
  const [path, setPath] = useState('')
  const [policies, setPolicies] = useState<readonly string[]>(['embedded'])
  const isReady = issue.trim() !== '' && policies.length > 0
  const ask = (): void => {
    if (!isReady || isBusy) return
    const folder = path.trim()
    onAsk(policies.map((policy) => ({ issue, repository: root, policy, ...(folder === '' ? {} : { path: folder }) })))
  }
  return (
    <form
      class="ask card"
      aria-label="Search"
      onSubmit={(event) => {
        event.preventDefault()
        ask()
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) ask()
      }}
    >
      <label>
        Issue
        <textarea
          value={issue}
          onInput={({ currentTarget }) => setIssue(currentTarget.value)}
          placeholder="The whole text of the issue: what happens, what should happen, messages, stack traces"
        />
      </label>
      <PlaceFields roots={roots} root={root} path={path} onRoot={setRoot} onPath={setPath} />
      <PolicyChoice chosen={policies} onChange={setPolicies} />
      <div class="buttons">
        <button type="submit" class="primary" disabled={!isReady || isBusy}>
          Search
        </button>
        {isBusy && (
          <button type="button" class="secondary" onClick={onStop}>
            Stop
          </button>
        )}
        <span class="hint">Ctrl+Enter searches, too. Several policies search at once and stand side by side.</span>
      </div>
    </form>
  )
}

interface PlaceFieldsProps {
  readonly roots: readonly string[]
  readonly root: string
  readonly path: string
  readonly onRoot: (root: string) => void
  readonly onPath: (path: string) => void
}

function PlaceFields({ roots, root, path, onRoot, onPath }: PlaceFieldsProps) {
  return (
    <div class="row">
      <label>
        Repository
        <select value={root} onChange={({ currentTarget }) => onRoot(currentTarget.value)}>
          {roots.map((one) => (
            <option value={one} key={one}>
              {shownText(one)}
            </option>
          ))}
        </select>
      </label>
      <label>
        Only in this folder of it
        <input
          value={path}
          onInput={({ currentTarget }) => onPath(currentTarget.value)}
          placeholder="all of it"
          spellcheck={false}
        />
      </label>
    </div>
  )
}

interface PolicyChoiceProps {
  readonly chosen: readonly string[]
  readonly onChange: (policies: readonly string[]) => void
}

function PolicyChoice({ chosen, onChange }: PolicyChoiceProps) {
  return (
    <fieldset>
      <legend>How to search</legend>
      {Object.entries(POLICIES).map(([policy, label]) => (
        <label key={policy}>
          <input
            type="checkbox"
            checked={chosen.includes(policy)}
            onChange={({ currentTarget }) =>
              onChange(
                Object.keys(POLICIES).filter((one) => (one === policy ? currentTarget.checked : chosen.includes(one))),
              )
            }
          />{' '}
          {label}
        </label>
      ))}
    </fieldset>
  )
}
