import type { AnsweredFile } from 'fusesearch/agent'
import type { ShownRun } from 'fusesearch/view'
import { type Place, useView } from './context.ts'
import { lineRange, percent, plural } from './format.ts'
import { GoldTag, PathName, TOOL_LABELS } from './parts.tsx'
import { shownText } from './shown-text.ts'

interface AnswerProps {
  readonly index: number
  readonly run: ShownRun
}

/** The answer of a run: files, functions and evidence, each linked to the call that showed it. */
export function Answer({ index, run }: AnswerProps) {
  const { gold } = useView()
  const answer = run.end?.answer
  if (answer === undefined) return <p class="hint">There is no answer yet.</p>
  const answered = new Set(answer.files.map(({ path }) => path))
  const missed = gold?.files.filter((path) => !answered.has(path)) ?? []
  return (
    <div class="answer">
      {answer.files.length === 0 ? (
        <p>No place was found.</p>
      ) : (
        <p class="hint">{percent(answer.confidence)} sure of the first file.</p>
      )}
      <ol class="files">
        {answer.files.map((file) => (
          <AnswerFile index={index} run={run} file={file} key={file.path} />
        ))}
      </ol>
      {missed.length > 0 && (
        <div class="missed">
          <p>The fix changed {plural(missed.length, 'file')} that the answer lacks:</p>
          <ul class="paths">
            {missed.map((path) => (
              <li key={path}>
                <PathName path={path} />
                <Rank path={path} run={run} />
              </li>
            ))}
          </ul>
        </div>
      )}
      <Ranking run={run} />
    </div>
  )
}

function AnswerFile({ index, run, file }: AnswerProps & { readonly file: AnsweredFile }) {
  const { select } = useView()
  return (
    <li>
      <p class="answer-file">
        <PathName path={file.path} />
        <GoldTag path={file.path} />
      </p>
      {file.functions.length > 0 && (
        <ul class="functions">
          {file.functions.map(({ name, startLine, endLine }) => {
            const place = placeShowing(index, run, { path: file.path, startLine, endLine })
            return (
              <li key={`${name}:${startLine}`}>
                <button type="button" class="link" disabled={place === null} onClick={() => select(place)}>
                  <bdi>{shownText(name)}</bdi>
                </button>
                <span class="muted"> {lineRange(startLine, endLine)}</span>
                <GoldTag path={file.path} name={name} />
              </li>
            )
          })}
        </ul>
      )}
      <ul class="evidence">
        {file.evidence.map(({ turn, call, startLine, endLine, reason }, number) => {
          const asked = run.turns[turn - 1]?.turn.calls[call]
          const place = { run: index, turn: turn - 1, call, path: file.path, line: startLine }
          return (
            <li key={number}>
              <button type="button" class="link" disabled={asked === undefined} onClick={() => select(place)}>
                turn {turn}, {asked === undefined ? 'call' : TOOL_LABELS[asked.tool]} {call + 1}
              </button>
              <span>
                {' '}
                {startLine > 0 && `${lineRange(startLine, endLine)}: `}
                {shownText(reason)}
              </span>
            </li>
          )
        })}
      </ul>
    </li>
  )
}

/** The ranking behind the answer. */
function Ranking({ run }: { readonly run: ShownRun }) {
  const files = run.end?.answer.candidates.files ?? []
  if (files.length === 0) return null
  return (
    <details>
      <summary>Ranking of {plural(files.length, 'file')}</summary>
      <ol class="ranking">
        {files.map(({ path }) => (
          <li key={path}>
            <PathName path={path} />
            <GoldTag path={path} />
          </li>
        ))}
      </ol>
    </details>
  )
}

/** Rank of a missed file. */
function Rank({ path, run }: { readonly path: string; readonly run: ShownRun }) {
  const rank = run.end?.answer.candidates.files.findIndex((file) => file.path === path) ?? -1
  return <span class="muted">{rank === -1 ? 'not ranked' : `ranked ${rank + 1}`}</span>
}

/** The most interesting place: the first answered function, or else the first evidence. */
export function firstPlace([run]: readonly ShownRun[]): Place | null {
  const files = run?.end?.answer.files ?? []
  if (run === undefined) return null
  for (const { path, functions } of files) {
    const [first] = functions
    const shown = first === undefined ? null : placeShowing(0, run, { path, ...first })
    if (shown !== null) return shown
  }
  const [file] = files
  const [evidence] = file?.evidence ?? []
  if (file === undefined || evidence === undefined) return null
  return { run: 0, turn: evidence.turn - 1, call: evidence.call, path: file.path, line: evidence.startLine }
}

interface Lines {
  readonly path: string
  readonly startLine: number
  readonly endLine: number
}

/** The call that showed most of these lines; null if none did, or if the trajectory has only digests. */
function placeShowing(index: number, { turns }: ShownRun, { path, startLine, endLine }: Lines): Place | null {
  let best: (Place & { readonly count: number }) | null = null
  for (const [turn, { turn: facts }] of turns.entries()) {
    for (const [call, observation] of (facts.observations ?? []).entries()) {
      if (!observation.ok) continue
      const lines =
        observation.tool === 'read_file' && observation.path === path
          ? observation.lines
          : observation.tool === 'grep' && observation.mode === 'content'
            ? observation.files.find((file) => file.path === path)?.lines
            : undefined
      const within = (lines ?? []).filter(({ line }) => startLine <= line && line <= endLine)
      const [first] = within
      if (first === undefined || within.length <= (best?.count ?? 0)) continue
      best = { run: index, turn, call, path, line: first.line, count: within.length }
    }
  }
  return best
}
