import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { RunCalls } from 'fusesearch/agent'
import { ReadingMemo } from 'fusesearch/policies'
import { type Call, type Observation, PROGRAM_LIMITS, type Workspace, type WorkspaceOptions } from 'fusesearch/search'
import type { Instance } from '../../datasets/index.ts'
import type { GoldSets, Preparer } from '../../evaluation/index.ts'
import { type KeptWorkspaces, writeWhole } from '../../host/index.ts'

/** A training sample with what its rollouts share: the gold, the observations of calls, and parsed files. */
export interface World {
  readonly instance: Instance
  readonly gold: GoldSets
  readonly memo: ReadingMemo
  readonly runCalls: RunCalls
  /** Calls that a rollout may make next. They are run together with the next calls that need the tree. */
  expect(calls: readonly Call[]): void
  /** Approximate memory of the observations and parsed files. */
  bytes(): number
  /** Calls that were run on the tree; others had known observations. */
  missed(): number
  /** Writes new observations to the folder. */
  save(): Promise<void>
}

/** What opening a world needs. */
interface WorldOptions {
  readonly preparer: Preparer
  /** Folder for observations. */
  readonly folder: string
  readonly signal: AbortSignal
  /** Where the tree is opened; the caller closes it. */
  readonly workspaces: KeptWorkspaces
}

/** Bytes of memory per UTF-8 byte of an observation, with its objects. */
const OBSERVATION_WEIGHT = 3

/** Opens a sample. Throws FuseSearchError when its repository, commit or gold is missing. */
export async function openWorld(instance: Instance, options: WorldOptions): Promise<World> {
  const { preparer, signal, workspaces } = options
  const { gold, baseCommit: commit } = await preparer.gold(instance, signal)
  const key = createHash('sha256').update(`${instance.repo}\n${commit}\n${instance.id}`).digest('hex').slice(0, 24)
  const observations = await openObservations(join(options.folder, `${key}.json.gz`))
  let expected: readonly Call[] = []
  let missed = 0
  const memo = new ReadingMemo()
  let snapshot: WorkspaceOptions | undefined
  const find = async (isGone: boolean): Promise<WorkspaceOptions> => {
    if (snapshot !== undefined && !isGone) return snapshot
    const { root, history } = await preparer.snapshot(instance, commit, signal)
    snapshot = { root, ignoreRules: 'none', history }
    return snapshot
  }
  const onTree = <Result>(work: (workspace: Workspace) => Promise<Result>): Promise<Result> =>
    workspaces.use({ find, work })
  return {
    instance,
    gold: { files: gold.files, functions: gold.functions },
    memo,
    expect(calls) {
      expected = calls
    },
    async runCalls(calls, context) {
      const isUnknown = (call: Call): boolean => observations.get(call) === undefined
      if (calls.some(isUnknown)) {
        const unknown = [...calls, ...expected].filter(isUnknown)
        missed += unknown.length
        const whole = { limits: PROGRAM_LIMITS, bytesLeft: Infinity, signal: context.signal }
        const result = await onTree((workspace) => workspace.runTurn(unknown, whole))
        for (const [index, call] of unknown.entries()) keep(observations, call, result.observations[index])
      }
      const known = fromKnown(observations, calls, context.bytesLeft)
      if (known !== undefined) return { observations: known }
      // The run's byte limit may cut these, so they run under it, as in use.
      return onTree((workspace) => workspace.runTurn(calls, { limits: PROGRAM_LIMITS, ...context }))
    },
    bytes: () => OBSERVATION_WEIGHT * observations.bytes() + memo.bytes(),
    missed: () => missed,
    save: () => observations.save(),
  }
}

/** A call may count this many bytes more than it shows: its heading is counted at its longest. */
const SLACK_BYTES = 1_000

/** The observations of a turn, if all are known and the byte limit can't cut one of them. */
function fromKnown(
  observations: Observations,
  calls: readonly Call[],
  bytesLeft: number,
): readonly Observation[] | undefined {
  const known: Observation[] = []
  for (const call of calls) {
    const observation = observations.get(call)
    if (observation === undefined) return undefined
    known.push(observation)
  }
  return sumOfBytes(known) + known.length * SLACK_BYTES < bytesLeft ? known : undefined
}

function keep(observations: Observations, call: Call, observation: Observation | undefined): void {
  if (observation === undefined) return
  // An abort or a time-out doesn't depend on the tree, so it isn't stored.
  if (!observation.ok && ['aborted', 'timed-out', 'over-budget'].includes(observation.code)) return
  observations.put(call, observation)
}

function sumOfBytes(observations: readonly Observation[]): number {
  return observations.reduce((sum, { bytes }) => sum + bytes, 0)
}

const pack = promisify(gzip)
const unpack = promisify(gunzip)

/** The observations of a sample's calls, stored in a file so that no call runs on the tree twice. */
interface Observations {
  get(call: Call): Observation | undefined
  put(call: Call, observation: Observation): void
  /** UTF-8 bytes of the observations. */
  bytes(): number
  /** Writes new observations. Throws `write-failed`. */
  save(): Promise<void>
}

/** Opens the file of a sample's observations. A file that is missing or can't be read counts as empty. */
export async function openObservations(file: string): Promise<Observations> {
  const known = await readKnown(file)
  let isNew = false
  let bytes = 0
  for (const observation of known.values()) bytes += observation.bytes
  return {
    get: (call) => known.get(JSON.stringify(call)),
    put(call, observation) {
      known.set(JSON.stringify(call), observation)
      bytes += observation.bytes
      isNew = true
    },
    bytes: () => bytes,
    async save() {
      if (!isNew) return
      isNew = false
      writeWhole(file, await pack(JSON.stringify([...known]), { level: 1 }))
    },
  }
}

async function readKnown(file: string): Promise<Map<string, Observation>> {
  try {
    return new Map(JSON.parse((await unpack(await readFile(file))).toString('utf8')) as [string, Observation][])
  } catch {
    // Missing, or cut off by a kill: its calls run again.
    return new Map()
  }
}
