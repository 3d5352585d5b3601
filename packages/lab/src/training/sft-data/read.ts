import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FuseSearchError, readJsonLines } from 'fusesearch/core'
import { z } from 'zod'

/** A recorded run with its score, as a rollout's `samples.jsonl` names it. */
export interface ScoredTrajectory {
  readonly id: string
  readonly repository: string
  readonly policy: string
  readonly sample: number
  readonly status: 'done' | 'failed'
  /** Absolute; null where there is none. */
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
 * Reads the scored runs of a rollout: its folder, or its `samples.jsonl`.
 * Throws `bad-run` for a folder that is none or isn't finished, and for a line that makes no sense, by its number.
 */
export async function readScored(place: string): Promise<{ file: string; content: string; runs: ScoredTrajectory[] }> {
  const file = (await isFolder(place)) ? join(place, SAMPLES) : place
  const content = await readFile(file, 'utf8').catch((error: unknown) => {
    const fact = error instanceof Error ? error.message.split(', ')[0] : String(error)
    throw bad(
      `${place} holds no ${SAMPLES} (${fact}). Name a folder of \`fusesearch rollout\`; one that was stopped gets the file when the same command has gone to its end.`,
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
