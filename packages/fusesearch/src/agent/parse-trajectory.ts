import { FuseSearchError, readJsonLines } from '../core/index.ts'
import {
  TRAJECTORY_SCHEMA,
  TRAJECTORY_VERSION,
  type Trajectory,
  type TrajectoryHeader,
  type TrajectoryLine,
  type TrajectoryTurn,
} from './trajectory.ts'

/**
 * Parses the text of a trajectory. Pure; asynchronous only because the schema is loaded when it is needed.
 *
 * A last line that is cut off, as a killed run leaves it, is dropped, and the result is not `complete`. Any other error
 * throws `bad-trajectory` with the line and the fact; `source` names the input in that sentence.
 */
export async function parseTrajectory(text: string, source = 'The trajectory'): Promise<Trajectory> {
  const { LINE_SCHEMAS } = await import('./trajectory-schema.ts')
  const lines: Numbered[] = []
  let isTorn = false
  for (const json of readJsonLines(text)) {
    const fail: Fail = (fact) =>
      new FuseSearchError(`${source}, line ${json.line}: ${fact}`, { code: 'bad-trajectory' })
    if (json.ok) lines.push({ fail, value: parseLine(json.value, LINE_SCHEMAS, fail) })
    else if (json.isTorn) isTorn = true
    else throw fail(`this is not JSON (${json.message}). ${lines.length === 0 ? NAME_ANOTHER : CUT_HERE}`)
  }
  return assemble(lines, isTorn, source)
}

const NAME_ANOTHER = 'Name a file that --trajectory wrote.'
const CUT_HERE = 'To read the turns before it, delete this line and the lines after it; or record the run again.'

/** Makes the error of one line. */
type Fail = (fact: string) => FuseSearchError

/** A valid line, and how to make the error if it is out of place. */
interface Numbered {
  readonly fail: Fail
  readonly value: TrajectoryLine
}

type LineSchemas = typeof import('./trajectory-schema.ts')['LINE_SCHEMAS']

function parseLine(value: unknown, schemas: LineSchemas, fail: Fail): TrajectoryLine {
  const { kind, schema, version } = fieldsOf(value)
  if (kind !== 'header' && kind !== 'turn' && kind !== 'end') {
    throw fail(`this isn't a header, turn or end of a trajectory. ${NAME_ANOTHER}`)
  }
  if (kind === 'header' && (schema !== TRAJECTORY_SCHEMA || version !== TRAJECTORY_VERSION)) {
    throw fail(
      `this is ${JSON.stringify(schema)} version ${JSON.stringify(version)}, but only ${TRAJECTORY_SCHEMA} version ` +
        `${TRAJECTORY_VERSION} can be read. Read it with the FuseSearch that wrote it, or record the run again.`,
    )
  }
  const parsed = schemas[kind].safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw fail(`${[kind, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'invalid'}. ${CUT_HERE}`)
}

function fieldsOf(value: unknown): { kind?: unknown; schema?: unknown; version?: unknown } {
  return typeof value === 'object' && value !== null ? value : {}
}

/** Checks that the lines belong together: a header, turns 1, 2, … and nothing after the end. */
function assemble(lines: readonly Numbered[], isTorn: boolean, source: string): Trajectory {
  const [first, ...rest] = lines
  if (first === undefined) {
    const fact =
      'line 1: there is no complete line of a trajectory (the run was stopped at its start). Record it again.'
    throw new FuseSearchError(`${source}, ${fact}`, { code: 'bad-trajectory' })
  }
  const header = first.value
  if (header.kind !== 'header') throw first.fail(`a ${header.kind} comes before the header. ${CUT_HERE}`)
  const last = rest.at(-1)?.value
  const end = last?.kind === 'end' ? last : null
  const turns = (end === null ? rest : rest.slice(0, -1)).map((numbered, index) => turnOf(numbered, index + 1, header))
  return { header, turns, end, complete: end !== null && !isTorn }
}

function turnOf({ value, fail }: Numbered, number: number, header: TrajectoryHeader): TrajectoryTurn {
  if (value.kind !== 'turn') throw fail(`a second ${value.kind} where turn ${number} belongs. ${CUT_HERE}`)
  if (value.turn !== number) throw fail(`turn ${value.turn} where turn ${number} belongs. ${CUT_HERE}`)
  const { calls, digests, gains, entities, callMs, observations } = value
  const lists = { digests, gains, entities, callMs, ...(header.full ? { observations: observations ?? [] } : {}) }
  for (const [name, list] of Object.entries(lists)) {
    if (list.length !== calls.length) throw fail(`${calls.length} calls but ${list.length} ${name}. ${CUT_HERE}`)
  }
  return value
}
