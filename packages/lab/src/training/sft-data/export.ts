import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { readTrajectoryFile, type Trajectory } from 'fusesearch/agent'
import { FuseSearchError, jsonLine, readJsonLines } from 'fusesearch/core'
import { conversationsOf, type TeachOptions } from 'fusesearch/policies'
import { z } from 'zod'
import { combineF1 } from '../rollout/reward.ts'
import type { TrajectoryFilter } from '../train/settings.ts'
import { type SftFormat, sftLine } from './lines.ts'

/** Why a run is dropped, in the order of checking; the first reason that applies is counted. */
export const SFT_DROPS = {
  failed: 'the run failed, or left no trajectory',
  unscored: 'no file gold to score against',
  'low-f1': 'F1 below --min-f1',
  'low-efficiency': 'e below --min-efficiency, or no call at all',
  unanswered: 'it gave no answer before a deadline, a failure or the last turn',
  'empty-answer': 'the answer names no file',
  'not-sayable': 'a model with these prompts could not have made the same calls',
  duplicate: 'the same conversation as an earlier one',
} as const

export type SftDrop = keyof typeof SFT_DROPS

/** What to export, and how. */
export interface SftRequest {
  readonly runs: readonly ScoredTrajectory[]
  readonly filter: TrajectoryFilter
  /** Weight of file F1 in F1; see `RewardSettings`. */
  readonly fileShare: number
  /** The prompts and the budgets of the model that is taught. */
  readonly teach: TeachOptions
  readonly format: SftFormat
  readonly signal?: AbortSignal
}

/** What each filter kept, alone and together (the joint filter of paper §3.2). */
export interface SftStatistics {
  readonly runs: number
  /** Runs that were done and scored; the filters apply to these. */
  readonly scored: number
  readonly passF1: number
  readonly passEfficiency: number
  readonly passBoth: number
  readonly written: number
  readonly dropped: Readonly<Partial<Record<SftDrop, number>>>
  readonly instances: number
  /** Lines written, by repository and by policy. */
  readonly repositories: Readonly<Record<string, number>>
  readonly policies: Readonly<Record<string, number>>
  /** Means over the lines written; null without a line. */
  readonly mean: {
    readonly f1: number
    readonly efficiency: number
    readonly turns: number
    readonly calls: number
  } | null
}

/** The lines and their statistics. */
export interface SftData {
  readonly text: string
  readonly statistics: SftStatistics
}

/**
 * Turns recorded runs that pass the joint filter into training data, each as the conversation of a model that did the
 * same (see `conversationsOf`).
 * Throws `bad-trajectory` for a file that can't be read, or that has only digests.
 */
export async function exportSft(request: SftRequest): Promise<SftData> {
  const counts = new SftCounts(request)
  const seen = new Set<string>()
  const lines: string[] = []
  for (const run of request.runs) {
    request.signal?.throwIfAborted()
    const drop = counts.judge(run)
    if (drop !== undefined || run.file === null) {
      counts.drop(drop ?? 'failed')
      continue
    }
    const trajectory = await readTrajectoryFile(run.file)
    const made = await lineOf(trajectory, run.file, request)
    if (typeof made === 'string') {
      counts.drop(made)
      continue
    }
    const digest = createHash('sha256').update(made.line).digest('hex')
    if (seen.has(digest)) counts.drop('duplicate')
    else {
      seen.add(digest)
      lines.push(made.line)
      counts.write(run, trajectory)
    }
  }
  return { text: lines.join(''), statistics: counts.statistics() }
}

async function lineOf(
  trajectory: Trajectory,
  file: string,
  { teach, format }: SftRequest,
): Promise<{ line: string } | SftDrop> {
  const { end, header } = trajectory
  if (end === null || end.answeredBy !== 'next' || end.failure !== null) return 'unanswered'
  if (end.answer.files.length === 0) return 'empty-answer'
  if (!header.full) {
    const fact = `${file} has digests instead of results of calls, so it can't become a conversation`
    throw new FuseSearchError(
      `${fact}. Record complete observations, with \`fusesearch rollout\` or \`locate --trajectory FILE --full\`.`,
      { code: 'bad-trajectory' },
    )
  }
  try {
    const conversations = await conversationsOf(trajectory, teach)
    return { line: conversations.map((one) => jsonLine(sftLine(one, format))).join('') }
  } catch (error) {
    if (error instanceof FuseSearchError && error.code === 'bad-trajectory') return 'not-sayable'
    throw error
  }
}

class SftCounts {
  readonly #request: SftRequest
  readonly #dropped = new Map<SftDrop, number>()
  readonly #written: { run: ScoredTrajectory; turns: number; calls: number }[] = []
  #scored = 0
  #passF1 = 0
  #passEfficiency = 0
  #passBoth = 0

  constructor(request: SftRequest) {
    this.#request = request
  }

  /** The reason to drop a run by its score; undefined when it passes. */
  judge(run: ScoredTrajectory): SftDrop | undefined {
    if (run.status === 'failed' || run.file === null) return 'failed'
    if (run.fileF1 === null) return 'unscored'
    const { minF1, minEfficiency } = this.#request.filter
    const hasF1 = f1Of(run, this.#request.fileShare) >= minF1
    const hasEfficiency = (run.efficiency ?? 0) >= minEfficiency
    this.#scored++
    if (hasF1) this.#passF1++
    if (hasEfficiency) this.#passEfficiency++
    if (hasF1 && hasEfficiency) this.#passBoth++
    if (!hasF1) return 'low-f1'
    return hasEfficiency ? undefined : 'low-efficiency'
  }

  drop(why: SftDrop): void {
    this.#dropped.set(why, (this.#dropped.get(why) ?? 0) + 1)
  }

  write(run: ScoredTrajectory, { turns }: Trajectory): void {
    this.#written.push({ run, turns: turns.length + 1, calls: turns.reduce((sum, { calls }) => sum + calls.length, 0) })
  }

  statistics(): SftStatistics {
    const written = this.#written
    const meanOf = (value: (one: (typeof written)[number]) => number): number =>
      written.reduce((sum, one) => sum + value(one), 0) / written.length
    return {
      runs: this.#request.runs.length,
      scored: this.#scored,
      passF1: this.#passF1,
      passEfficiency: this.#passEfficiency,
      passBoth: this.#passBoth,
      written: written.length,
      dropped: Object.fromEntries(this.#dropped),
      instances: new Set(written.map(({ run }) => run.id)).size,
      repositories: countOf(written.map(({ run }) => run.repository)),
      policies: countOf(written.map(({ run }) => run.policy)),
      mean:
        written.length === 0
          ? null
          : {
              f1: meanOf(({ run }) => f1Of(run, this.#request.fileShare)),
              efficiency: meanOf(({ run }) => run.efficiency ?? 0),
              turns: meanOf(({ turns }) => turns),
              calls: meanOf(({ calls }) => calls),
            },
    }
  }
}

function f1Of({ fileF1, functionF1 }: ScoredTrajectory, fileShare: number): number {
  return combineF1({ fileF1: fileF1 ?? 0, functionF1 }, fileShare)
}

function countOf(names: readonly string[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A recorded run with its score, as in a rollout's `samples.jsonl`. */
export interface ScoredTrajectory {
  readonly id: string
  readonly repository: string
  readonly policy: string
  readonly sample: number
  readonly status: 'done' | 'failed'
  /** Absolute; null if there is none. */
  readonly file: string | null
  readonly fileF1: number | null
  readonly functionF1: number | null
  readonly efficiency: number | null
}

const SAMPLES = 'samples.jsonl'
const share = z.number().min(0).max(1).nullable()
const lineSchema = z.object({
  id: z.string(),
  repository: z.string().min(1),
  policy: z.string(),
  sample: z.int(),
  status: z.enum(['done', 'failed']),
  trajectory: z.string().nullable(),
  fileF1: share,
  functionF1: share,
  efficiency: share,
})

/**
 * Reads the scored runs of a rollout, given its folder or its `samples.jsonl`.
 * Throws `bad-run` when the folder isn't one of a finished rollout, and for a line that can't be read, naming its
 * number.
 */
export async function readScored(place: string): Promise<{ file: string; content: string; runs: ScoredTrajectory[] }> {
  const file = (await isFolder(place)) ? join(place, SAMPLES) : place
  const content = await readFile(file, 'utf8').catch((error: unknown) => {
    const fact = error instanceof Error ? error.message.split(', ')[0] : String(error)
    throw bad(
      `${place} has no ${SAMPLES} (${fact}). Name a folder of \`fusesearch rollout\`. To complete a stopped rollout, run the same command again.`,
    )
  })
  const runs: ScoredTrajectory[] = []
  for (const json of readJsonLines(content)) {
    const parsed = lineSchema.safeParse(json.ok ? json.value : undefined)
    if (!parsed.success) {
      const what = parsed.error.issues[0]
      const fact = json.ok ? `${what?.path.join('.')}: ${what?.message}` : json.message
      throw bad(`${basename(file)}, line ${json.line}: ${fact}. Run the rollout again, or drop the line.`)
    }
    const { trajectory, ...rest } = parsed.data
    runs.push({ ...rest, file: trajectory === null ? null : join(dirname(file), trajectory) })
  }
  return { file, content, runs }
}

async function isFolder(place: string): Promise<boolean> {
  return (await stat(place).catch(() => undefined))?.isDirectory() ?? false
}

function bad(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-run' })
}
