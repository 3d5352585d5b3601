import { join } from 'node:path'
import { weightsText } from 'fusesearch/policies'
import { renderHtml } from '../../evaluation/index.ts'
import type { TrainResult } from '../train/run.ts'
import { writeWhole } from '../write-whole.ts'
import { buildTrainingReport } from './blocks.ts'
import { renderCard } from './card.ts'
import { renderCurves } from './curves.ts'
import { summarizeTraining, type TrainingFacts, type TrainingSummary } from './summary.ts'

/**
 * Writes what came of a training into its folder: `weights.json`, `history.jsonl`, `training.json`, `report.html` and
 * `card.md`; each is whole or as it was. Throws `write-failed`.
 */
export async function writeTraining(
  folder: string,
  result: TrainResult,
  facts: TrainingFacts,
): Promise<TrainingSummary> {
  const summary = summarizeTraining(result, facts)
  const page = renderHtml('Training of the embedded policy', buildTrainingReport(summary), renderCurves(summary))
  const files = {
    'weights.json': weightsText(result.weights),
    'history.jsonl': summary.history.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
    'training.json': `${JSON.stringify(summary, null, 2)}\n`,
    'report.html': page,
    'card.md': renderCard(summary),
  }
  for (const [name, text] of Object.entries(files)) await writeWhole(join(folder, name), text)
  return summary
}
