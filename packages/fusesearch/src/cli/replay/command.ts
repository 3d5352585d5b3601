import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Command } from 'commander'
import { type Policy, readTrajectoryFile, replayCalls, runLoop, type Trajectory } from '../../agent/index.ts'
import { FuseSearchError, systemClock } from '../../core/index.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { openEncoderOf, readerOf } from '../encoder/open.ts'
import { policyOfTrajectory } from '../policy.ts'
import { toShownJson, toShownText } from '../render/shown-text.ts'
import { plural } from '../render/style.ts'
import { readWeights } from '../weights.ts'

const HELP_AFTER = `
Record with: fusesearch locate "…" --trajectory run.jsonl --full
Examples:
  $ fusesearch replay run.jsonl

The policy gets the recorded observations instead of a repository.
Exit codes: 0 the same calls and the same answer, 1 a difference, 2 an error, 130 stopped by Ctrl-C.`

interface ReplayFlags {
  readonly weights?: string
  readonly encoder?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

/** The result of a replay; the object of `--json`. */
interface Replay {
  readonly version: 1
  readonly same: boolean
  readonly policy: string
  readonly turns: number
  readonly calls: number
  /** The first difference; null if there is none. */
  readonly difference: string | null
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  command
    .argument('<file>', 'trajectory that `locate --trajectory FILE --full` wrote')
    .option('--weights <file>', 'weights.json with which the search was recorded')
    .option('--encoder <name>', 'encoder with which the search was recorded')
    .option('--json', 'print one JSON object')
    .option('-q, --quiet', 'print nothing; only set the exit code')
    .addHelpText('after', HELP_AFTER)
    .action(action((file: string, flags: ReplayFlags) => runReplay(file, flags, terminal)))
}

async function runReplay(file: string, flags: ReplayFlags, terminal: Terminal): Promise<ExitCode> {
  const trajectory = await readTrajectoryFile(resolve(terminal.cwd, file))
  if (trajectory.end === null) {
    const message = `${file} ends before its answer, so there is nothing to compare with. Record the run again to its end.`
    throw new FuseSearchError(message, { code: 'bad-trajectory' })
  }
  const weights = await readWeights(flags.weights, terminal.cwd)
  const encoder = await openEncoderOf(flags.encoder, terminal)
  const policy = policyOfTrajectory(trajectory.header, { weights, reader: readerOf(encoder, weights) })
  const replay = await compare(trajectory, policy, terminal.signal).finally(() => encoder?.close())
  if (flags.json) terminal.stdout.write(`${toShownJson(replay, 2)}\n`)
  else if (!flags.quiet) terminal.stdout.write(`${toSentence(replay)}\n`)
  return replay.same ? 0 : 1
}

async function compare(trajectory: Trajectory, policy: Policy, signal: AbortSignal): Promise<Replay> {
  const { header, turns } = trajectory
  const calls = turns.reduce((sum, turn) => sum + turn.calls.length, 0)
  const difference = await findDifference(trajectory, policy, signal)
  return { version: 1, same: difference === null, policy: header.policy, turns: turns.length, calls, difference }
}

async function findDifference(trajectory: Trajectory, policy: Policy, signal: AbortSignal): Promise<string | null> {
  const { header, turns, end } = trajectory
  const recorded = replayCalls(trajectory)
  // Times differ between runs, so a replay has no deadline.
  const budget = { ...header.budget, deadlineMs: null }
  const found: { mismatch?: string } = {}
  try {
    const run = await runLoop({
      issue: header.issue,
      seed: header.seed,
      ...(header.tools === undefined ? {} : { tools: header.tools }),
      policy,
      budget,
      clock: systemClock,
      signal,
      runCalls: async (calls, context) => {
        try {
          return await recorded(calls, context)
        } catch (error) {
          // A replay reports different calls as its result, not as a failure.
          if (error instanceof FuseSearchError) found.mismatch = error.message
          throw error
        }
      },
    })
    if (run.turns.length < turns.length) {
      return `The policy answered after ${plural(run.turns.length, 'turn')} with calls; the trajectory has ${turns.length}.`
    }
    return isDeepStrictEqual(plain(run.answer), plain(end?.answer))
      ? null
      : 'The calls are the same, but the answer differs.'
  } catch (error) {
    if (found.mismatch === undefined) throw error
    return found.mismatch
  }
}

/** As read back from a file: without undefined fields. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null))
}

function toSentence({ same, policy, turns, calls, difference }: Replay): string {
  if (!same) return toShownText(`different: ${difference}`)
  return toShownText(
    `same: ${policy} issued the same ${plural(calls, 'call')} in ${plural(turns, 'turn')} and gave the same answer`,
  )
}
