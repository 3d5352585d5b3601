import type { ObservationDigest } from 'fusesearch/agent'
import type { Observation } from 'fusesearch/search'
import type { ShownEntity } from 'fusesearch/view'
import { Code, type CodeLine } from './code.tsx'
import { plural, whole } from './format.ts'
import { Lazy, partsOf } from './lazy.tsx'
import { FreshTag, GoldTag, PathName } from './parts.tsx'
import { shownText } from './shown-text.ts'

const LINE_HEIGHT = 20
const PATH_HEIGHT = 28
/** Lines of a file that are drawn and coloured together; paths of a list. */
const PART = 200

interface Target {
  readonly path: string
  readonly line: number | undefined
}

interface ObservedProps {
  /** Missing if the trajectory has only digests. */
  readonly observation: Observation | undefined
  readonly digest: ObservationDigest | undefined
  readonly entities: readonly ShownEntity[] | null
  readonly target: Target | null
}

/** The result of a call. */
export function Observed({ observation, digest, entities, target }: ObservedProps) {
  if (observation === undefined) return <DigestOnly digest={digest} />
  if (!observation.ok) return <Suggestions texts={observation.suggestions} />
  const known = entities ?? []
  switch (observation.tool) {
    case 'grep':
      return <GrepResult observation={observation} entities={known} target={target} />
    case 'glob':
      return (
        <>
          <Count text={plural(observation.total, 'file')} shown={observation.paths.length} total={observation.total} />
          <Paths paths={observation.paths} entities={known} />
          <Suggestions texts={observation.suggestions} />
        </>
      )
    case 'read_file':
      return (
        <>
          <Count
            text={`${plural(observation.totalLines, 'line')} in the file`}
            shown={observation.lines.length}
            total={observation.totalLines}
          />
          <FileLines path={observation.path} lines={observation.lines} entities={known} target={target} />
        </>
      )
    case 'history':
      return <Commits observation={observation} entities={known} />
  }
}

function GrepResult({
  observation,
  entities,
  target,
}: {
  readonly observation: Extract<Observation, { readonly ok: true; readonly tool: 'grep' }>
  readonly entities: readonly ShownEntity[]
  readonly target: Target | null
}) {
  const { totals } = observation
  if (observation.mode !== 'content') {
    const counts = observation.mode === 'counts' ? observation.counts : observation.paths.map((path) => ({ path }))
    return (
      <>
        <Count text={plural(totals.files, 'file')} shown={counts.length} total={totals.files} />
        <Paths paths={counts.map(({ path }) => path)} entities={entities} counts={counts} />
        <Suggestions texts={observation.suggestions} />
      </>
    )
  }
  const shown = observation.files.reduce((sum, { lines }) => sum + lines.filter(({ isMatch }) => isMatch).length, 0)
  return (
    <>
      <Count
        text={`${plural(totals.lines, 'matching line')} in ${plural(totals.files, 'file')}`}
        shown={shown}
        total={totals.lines}
      />
      {observation.files.map(({ path, lines }, index) => (
        <Lazy height={PATH_HEIGHT + lines.length * LINE_HEIGHT} isEager={index < 8 || path === target?.path} key={path}>
          {() => <FileLines path={path} lines={lines} entities={entities} target={target} />}
        </Lazy>
      ))}
      <Suggestions texts={observation.suggestions} />
    </>
  )
}

interface FileLinesProps {
  readonly path: string
  readonly lines: readonly CodeLine[]
  readonly entities: readonly ShownEntity[]
  readonly target: Target | null
}

/** A file's path above its lines; each line is marked by the state of its block. */
function FileLines({ path, lines, entities, target }: FileLinesProps) {
  const blocks = entities.filter((entity) => entity.path === path && entity.startLine !== undefined)
  const marked = lines.map((line) => ({
    ...line,
    mark: line.isMatch === false ? undefined : markOf(line.line, blocks),
  }))
  const line = target?.path === path ? target.line : undefined
  const fresh = blocks.filter(({ isFresh }) => isFresh).length
  return (
    <article class="file">
      <h3>
        <PathName path={path} line={lines[0]?.line ?? 1} />
        <GoldTag path={path} />
        {blocks.length > 0 && (
          <span class={fresh > 0 ? 'tag fresh' : 'tag'} title="blocks of 50 lines">
            {fresh === blocks.length ? 'new' : fresh === 0 ? 'seen before' : `${fresh} of ${blocks.length} blocks new`}
          </span>
        )}
      </h3>
      {partsOf(marked, PART).map((part) => (
        <Lazy
          height={part.length * LINE_HEIGHT}
          isEager={marked.length <= PART || holds(part, line)}
          key={part[0]?.line}
        >
          {() => <Code path={path} lines={part} target={line} />}
        </Lazy>
      ))}
    </article>
  )
}

function markOf(line: number, blocks: readonly ShownEntity[]): CodeLine['mark'] {
  const block = blocks.find(({ startLine = 0, endLine = 0 }) => startLine <= line && line <= endLine)
  return block && (block.isFresh ? 'fresh' : 'seen')
}

function holds(part: readonly CodeLine[], line: number | undefined): boolean {
  return part.some((one) => one.line === line)
}

interface PathsProps {
  readonly paths: readonly string[]
  readonly entities: readonly ShownEntity[]
  readonly counts?: readonly { readonly path: string; readonly count?: number }[]
}

function Paths({ paths, entities, counts = [] }: PathsProps) {
  const byPath = new Map(entities.map((entity) => [entity.path, entity]))
  return (
    <ul class="paths">
      {partsOf(paths, PART).map((part, index) => (
        <Lazy height={part.length * PATH_HEIGHT} isEager={index === 0} key={part[0]}>
          {() =>
            part.map((path, place) => {
              const { count } = counts[index * PART + place] ?? {}
              return (
                <li key={path}>
                  <PathName path={path} />
                  {count !== undefined && <span class="muted">{whole(count)}</span>}
                  <GoldTag path={path} />
                  <FreshTag entity={byPath.get(path)} />
                </li>
              )
            })
          }
        </Lazy>
      ))}
    </ul>
  )
}

function Commits({
  observation,
  entities,
}: {
  readonly observation: Extract<Observation, { readonly ok: true; readonly tool: 'history' }>
  readonly entities: readonly ShownEntity[]
}) {
  return (
    <>
      <Count text={plural(observation.total, 'commit')} shown={observation.commits.length} total={observation.total} />
      {observation.commits.map(({ id, date, subject, paths }) => (
        <article class="file" key={id}>
          <h3>
            <code>{shownText(id.slice(0, 12))}</code> <span class="muted">{shownText(date)}</span>
          </h3>
          <p>{shownText(subject)}</p>
          <Paths paths={paths} entities={entities} />
        </article>
      ))}
      {observation.paths.length > 0 && (
        <article class="file">
          <h3>Files that such commits changed</h3>
          <Paths paths={observation.paths.map(({ path }) => path)} entities={entities} />
        </article>
      )}
    </>
  )
}

/** How much there is, and how much of it was shown. */
function Count({ text, shown, total }: { readonly text: string; readonly shown: number; readonly total: number }) {
  return (
    <p class="count">
      {text}
      {shown < total && `, ${whole(shown)} shown`}
    </p>
  )
}

function DigestOnly({ digest }: { readonly digest: ObservationDigest | undefined }) {
  return (
    <>
      {digest?.ok && (
        <p class="count">
          It showed {plural(digest.shown.files, 'file')} and {plural(digest.shown.lines, 'line')}, of{' '}
          {plural(digest.total.files, 'file')} and {plural(digest.total.lines, 'line')} that there were.
        </p>
      )}
      <p class="hint">
        The trajectory holds counts in place of results. Record it with <code>--full</code> to see them here.
      </p>
    </>
  )
}

function Suggestions({ texts = [] }: { readonly texts: readonly string[] | undefined }) {
  if (texts.length === 0) return null
  return (
    <>
      <p class="count">Nearest to it:</p>
      <ul class="paths">
        {texts.map((text) => (
          <li key={text}>{shownText(text)}</li>
        ))}
      </ul>
    </>
  )
}
