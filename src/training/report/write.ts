import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FuseSearchError } from '../../core/index.ts'
import { renderHtml } from '../../evaluation/index.ts'
import { weightsText } from '../../policies/index.ts'
import type { TrainResult } from '../train/run.ts'
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
  for (const [name, text] of Object.entries(files)) await write(join(folder, name), text)
  return summary
}

async function write(file: string, text: string): Promise<void> {
  try {
    await mkdir(join(file, '..'), { recursive: true })
    await writeFile(`${file}.new`, text)
    await rename(`${file}.new`, file)
  } catch (cause) {
    const message = `${file} could not be written. Free some disk and run the command again: it goes on from the last checkpoint.`
    throw new FuseSearchError(message, { code: 'write-failed', cause })
  }
}
