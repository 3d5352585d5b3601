import { join } from 'node:path'
import { writeWhole } from '../write-whole.ts'
import type { AblationResult } from './run.ts'
import { type AblationFacts, describeAblation, renderAblation } from './table.ts'

/** Writes `ablation.md` and `ablation.json` of what stands so far, with what they are of. Throws `write-failed`. */
export async function writeAblation(
  folder: string,
  results: readonly AblationResult[],
  facts: AblationFacts,
): Promise<void> {
  const json = { schema: 'fusesearch-ablation', ablationVersion: 1, ...facts, rows: results }
  await writeWhole(join(folder, 'ablation.json'), `${JSON.stringify(json, null, 2)}\n`)
  await writeWhole(join(folder, 'ablation.md'), `${describeAblation(facts)}\n${renderAblation(results)}`)
}
