import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { z } from 'zod'
import { FuseSearchError, readJsonLines } from '../../core/index.ts'
import type { ShownGold } from '../../view/index.ts'

const line = z.int().min(1)
const goldLine = z.object({
  instance_id: z.string(),
  files: z.array(z.string()),
  functions: z.array(z.object({ path: z.string(), name: z.string(), startLine: line, endLine: line })),
})

/** Where to find the gold of the shown runs. */
export interface GoldSource {
  /** The output of `fusesearch gold`. */
  readonly file: string
  /** The instance of the runs; default: by the names of the trajectories. */
  readonly instance: string | undefined
  readonly trajectories: readonly string[]
  readonly cwd: string
}

/**
 * The gold of one instance. Throws `bad-argument` for a file that can't be read or isn't an output of `fusesearch
 * gold`, and if none of several instances can be selected.
 */
export async function readGold(source: GoldSource): Promise<ShownGold> {
  const lines = await readLines(source)
  const { file, instance } = source
  const [only] = lines
  if (instance === undefined && lines.length === 1 && only !== undefined) return only
  const found = lines.find(({ instance_id: id }) => (instance === undefined ? isNamed(id, source) : id === instance))
  if (found !== undefined) return found
  throw badArgument(
    instance === undefined
      ? `${file} has the gold of ${lines.length} instances, and no trajectory's name selects one. Add --instance ID.`
      : `${file} has no gold for the instance ${instance}. Check the id.`,
  )
}

async function readLines({ cwd, file }: GoldSource): Promise<readonly z.infer<typeof goldLine>[]> {
  const text = await readFile(resolve(cwd, file), 'utf8').catch((error: Error) => {
    throw badArgument(
      `Cannot read the gold ${file}: ${error.message.split(', ')[0]}. Name an output of \`fusesearch gold\`.`,
    )
  })
  return [...readJsonLines(text)].map((json) => {
    const parsed = json.ok ? goldLine.safeParse(json.value) : undefined
    if (parsed?.success) return parsed.data
    throw badArgument(`${file}, line ${json.line}: this isn't gold. Name an output of \`fusesearch gold\`.`)
  })
}

/** Evaluations and rollouts name a trajectory's file after its instance. */
function isNamed(id: string, { trajectories }: GoldSource): boolean {
  return trajectories.every((path) => basename(path).includes(id))
}

function badArgument(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}
