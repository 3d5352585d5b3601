import type { TrajectoryLine } from 'fusesearch/agent'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { firstPlace } from '../answer.tsx'
import { editorLinks, type Place } from '../context.ts'
import { plural } from '../format.ts'
import { Runs } from '../runs.tsx'
import { shownText } from '../shown-text.ts'
import { AskForm } from './ask-form.tsx'
import { type Asked, askRoots, type LiveRun, NOT_BEGUN, type Roots, search, TokenNeeded } from './search.ts'

/** The page that sends requests to its own server. */
export function LivePage() {
  const [token, setToken] = useState('')
  const [roots, setRoots] = useState<Roots | null>(null)
  const [refusal, setRefusal] = useState<Error | null>(null)
  useEffect(() => {
    askRoots(token).then(
      (found) => {
        setRoots(found)
        setRefusal(null)
      },
      (error: Error) => setRefusal(error),
    )
  }, [token])
  return (
    <main>
      <header class="top">
        <h1>FuseSearch</h1>
        <p class="muted">Finds where code must change.</p>
      </header>
      {roots !== null && <LiveSearches roots={roots} token={token} />}
      {roots === null && refusal instanceof TokenNeeded && <TokenForm wasWrong={token !== ''} onToken={setToken} />}
      {roots === null && refusal !== null && !(refusal instanceof TokenNeeded) && (
        <p class="notice bad" role="alert">
          {shownText(refusal.message)}
        </p>
      )}
    </main>
  )
}

interface TokenFormProps {
  readonly wasWrong: boolean
  readonly onToken: (token: string) => void
}

/** The token is kept only in this page's memory. */
function TokenForm({ wasWrong, onToken }: TokenFormProps) {
  const [text, setText] = useState('')
  return (
    <form
      class="ask card token"
      onSubmit={(event) => {
        event.preventDefault()
        onToken(text.trim())
      }}
    >
      <label>
        Token of this server
        <input
          type="password"
          autocomplete="off"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      {wasWrong && (
        <p class="notice bad" role="alert">
          The server doesn't take this token.
        </p>
      )}
      <div class="buttons">
        <button type="submit" class="primary" disabled={text.trim() === ''}>
          Go on
        </button>
      </div>
    </form>
  )
}

function LiveSearches({ roots, token }: { readonly roots: Roots; readonly token: string }) {
  const [asked, setAsked] = useState<readonly Asked[]>([])
  const [found, setFound] = useState<readonly LiveRun[]>([])
  const [failures, setFailures] = useState<readonly string[]>([])
  const [selected, select] = useState<Place | null>(null)
  const [isBusy, setBusy] = useState(false)
  const stop = useRef(new AbortController())
  const begin = async (all: readonly Asked[]): Promise<void> => {
    stop.current = new AbortController()
    const { signal } = stop.current
    setAsked(all)
    setFound(all.map(() => NOT_BEGUN))
    setFailures([])
    select(null)
    setBusy(true)
    const ends = all.map((one, index) => {
      const onChange = (run: LiveRun): void => setFound((runs) => runs.with(index, run))
      return search(one, { token, signal, onChange }).catch((error: Error) => {
        if (!signal.aborted) setFailures((texts) => [...texts, `${one.policy}: ${error.message}`])
      })
    })
    await Promise.all(ends)
    setBusy(false)
  }
  const root = asked[0]?.repository ?? null
  const editorLink = useMemo(() => editorLinks(roots.editor, root), [roots, root])
  const begun = useMemo(() => found.filter(({ run }) => run !== null), [found])
  const runs = useMemo(() => begun.flatMap(({ run }) => run ?? []), [begun])
  const inFlight = useMemo(() => begun.map((one) => one.inFlight), [begun])
  useEffect(() => {
    if (!isBusy && matchMedia('(min-width: 1240px)').matches) select((now) => now ?? firstPlace(runs))
  }, [isBusy])
  return (
    <>
      <section class="page asking" aria-label="Ask">
        <AskForm roots={roots} isBusy={isBusy} onAsk={(all) => void begin(all)} onStop={() => stop.current.abort()} />
        <p class="hint" role="status">
          {isBusy ? progressOf(found) : ''}
        </p>
        {failures.map((text) => (
          <p class="notice bad" role="alert">
            {shownText(text)}
          </p>
        ))}
        <Downloads runs={found} />
      </section>
      {runs.length > 0 && (
        <Runs
          view={{ runs, gold: null, selected, select, editorLink }}
          isLive={isBusy}
          inFlight={isBusy ? inFlight : []}
          notices={begun.map(({ notices }) => notices)}
        />
      )}
    </>
  )
}

function progressOf(found: readonly LiveRun[]): string {
  const turns = found.reduce((sum, { run }) => sum + (run?.turns.length ?? 0), 0)
  const calls = found.reduce((sum, { inFlight }) => sum + (inFlight?.calls.length ?? 0), 0)
  const running = calls === 0 ? '' : `, ${plural(calls, 'call')} running`
  return turns + calls === 0 ? 'Searching…' : `Searching: ${plural(turns, 'turn')} so far${running}…`
}

/** The trajectories of the finished searches, for download. */
function Downloads({ runs }: { readonly runs: readonly LiveRun[] }) {
  const ended = runs.filter(({ run }) => run?.end != null)
  if (ended.length === 0) return null
  return (
    <p class="buttons">
      {ended.map(({ lines, run }) => (
        <button type="button" class="quiet" onClick={() => save(`${run?.name ?? 'run'}.jsonl`, lines)} key={run?.name}>
          Download the trajectory of {shownText(run?.name ?? '')}
        </button>
      ))}
    </p>
  )
}

/** As a file in the format that `fusesearch view` and `replay` read. */
function save(name: string, lines: readonly TrajectoryLine[]): void {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  const url = URL.createObjectURL(new Blob([text], { type: 'application/jsonl' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // Revoked once the browser has begun to read it.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
