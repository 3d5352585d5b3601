import { useMemo } from 'preact/hooks'
import { useView } from './context.ts'
import { highlightLines } from './highlight.ts'
import { shownText } from './shown-text.ts'

/** A line of code as a call showed it. */
export interface CodeLine {
  readonly line: number
  readonly text: string
  /** It matched, in a grep with context. */
  readonly isMatch?: boolean
  /** Its block was new, was seen before, or doesn't count here. */
  readonly mark?: 'fresh' | 'seen' | undefined
}

interface CodeProps {
  readonly path: string
  readonly lines: readonly CodeLine[]
  /** The line to highlight. */
  readonly target?: number | undefined
}

const MARKS = { fresh: 'new: no earlier call showed these lines', seen: 'shown by an earlier call' } as const

/** Lines of one file in colours, with their numbers; a gap between them is shown. */
export function Code({ path, lines, target }: CodeProps) {
  const { gold } = useView()
  const stretches = useMemo(() => stretchesOf(lines), [lines])
  const changed = gold?.functions.filter((one) => one.path === path) ?? []
  const isGold = (line: number): boolean =>
    changed.some(({ startLine = 0, endLine = 0 }) => startLine <= line && line <= endLine)
  return (
    <div class="code" role="group" aria-label={`Lines of ${shownText(path)}`} tabIndex={0}>
      {stretches.map((stretch, index) => (
        <div class={index > 0 ? 'stretch gap' : 'stretch'} key={stretch[0]?.line}>
          <Stretch path={path} lines={stretch} target={target} isGold={isGold} />
        </div>
      ))}
    </div>
  )
}

interface StretchProps extends CodeProps {
  readonly isGold: (line: number) => boolean
}

function Stretch({ path, lines, target, isGold }: StretchProps) {
  const { editorLink } = useView()
  const tokens = useMemo(
    () =>
      highlightLines(
        path,
        lines.map(({ text }) => text),
      ),
    [path, lines],
  )
  return (
    <>
      {lines.map(({ line, isMatch, mark }, index) => {
        const classes = ['line', mark, isMatch && 'match', line === target && 'target', isGold(line) && 'gold']
        const link = editorLink(path, line)
        return (
          <div class={classes.filter(Boolean).join(' ')} data-line={line} key={line}>
            <span class="number" title={mark && MARKS[mark]}>
              {link === undefined ? line : <a href={link}>{line}</a>}
            </span>
            <code>
              {tokens[index]?.map(({ text, kind }) =>
                kind === undefined ? shownText(text) : <span class={kind}>{shownText(text)}</span>,
              )}
            </code>
          </div>
        )
      })}
    </>
  )
}

/** Consecutive lines. */
function stretchesOf(lines: readonly CodeLine[]): readonly (readonly CodeLine[])[] {
  const stretches: CodeLine[][] = []
  for (const line of lines) {
    const last = stretches.at(-1)
    if (last !== undefined && last.at(-1)?.line === line.line - 1) last.push(line)
    else stretches.push([line])
  }
  return stretches
}
