import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { GoldAtBase, Instance } from '../../datasets/index.ts'

/** Remembers the gold of instances, which takes as long to find as a tenth of a search. */
export interface GoldCache {
  get(instance: Instance): Promise<GoldAtBase | null>
  put(instance: Instance, found: GoldAtBase): Promise<void>
}

const goldSchema = z.object({
  baseCommit: z.string(),
  gold: z.object({
    files: z.array(z.string()),
    functions: z.array(z.object({ path: z.string(), name: z.string(), startLine: z.number(), endLine: z.number() })),
    addsFile: z.boolean(),
    addsFunction: z.boolean(),
    touchesFunction: z.boolean(),
    testsOnly: z.boolean(),
    kept: z.boolean(),
  }),
})

/** A cache below `folder`; `build` is the code that finds gold, so that new code never reads what old code found. */
export function createGoldCache(folder: string, build: string): GoldCache {
  const placeOf = ({ source: _source, line: _line, ...instance }: Instance): string => {
    const key = createHash('sha256')
      .update(JSON.stringify([build, instance]))
      .digest('hex')
    return join(folder, 'gold', key.slice(0, 2), `${key}.json`)
  }
  return {
    async get(instance) {
      const text = await readFile(placeOf(instance), 'utf8').catch(() => null)
      return text === null ? null : parseGold(text)
    },
    async put(instance, found) {
      const place = placeOf(instance)
      const partial = `${place}.${process.pid}`
      try {
        await mkdir(dirname(place), { recursive: true })
        await writeFile(partial, JSON.stringify(found))
        await rename(partial, place)
      } catch {
        // Without room the gold is found again next time; what needs the disk will say that it is full.
      }
    },
  }
}

/** Null for a file that a kill or a full disk cut off. */
function parseGold(text: string): GoldAtBase | null {
  try {
    const parsed = goldSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
