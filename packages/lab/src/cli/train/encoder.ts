import { join, resolve } from 'node:path'
import { openEncoderOf, type Terminal, toShownText } from 'fusesearch/cli'
import { systemClock } from 'fusesearch/core'
import { type Weights, weightsText } from 'fusesearch/policies'
import type { Instance } from '../../datasets/index.ts'
import { createPreparer } from '../../evaluation/index.ts'
import { makeFolder, writeWhole } from '../../host/index.ts'
import { createStatusLine, percentOf } from '../../report/index.ts'
import { type EncoderTrained, type HeldOutGain, type TrainSettings, trainEncoder } from '../../training/index.ts'
import { type DatasetFlags, openRepositories, plainRepositories } from '../run/dataset.ts'

/** What fitting an encoder takes from the command line. */
interface EncoderFlags extends DatasetFlags {
  readonly out: string
  readonly json: boolean
  readonly quiet: boolean
}

interface EncoderRun {
  /** The value of `--encoder`. */
  readonly name: string
  /** Weights of the policy. */
  readonly start: Weights
  readonly settings: TrainSettings
  readonly training: readonly Instance[]
  readonly validation: readonly Instance[]
}

const LOG_MS = 10_000

/** Fits an encoder's weights, one search after the other, and writes `weights.json` and `encoder.json`. */
export async function runEncoderTraining(run: EncoderRun, flags: EncoderFlags, terminal: Terminal): Promise<void> {
  const { settings, start, training, validation } = run
  const folder = resolve(terminal.cwd, flags.out)
  makeFolder(folder)
  const repositories = await plainRepositories(flags, terminal)
  const preparer = createPreparer(openRepositories(repositories, terminal.env))
  const encoder = await openEncoderOf(run.name, terminal)
  if (encoder === undefined) throw new Error('the encoder has no name')
  const view = flags.quiet ? undefined : createStatusLine(terminal.stderr, { clock: systemClock, logMs: LOG_MS })
  try {
    const result = await trainEncoder({
      encoder,
      weights: start,
      settings,
      training,
      validation,
      preparer,
      folder: join(repositories.cacheDir, 'observations'),
      signal: terminal.signal,
      onProgress: (done, total) => view?.show(`${done} of ${total} searches read`, done === total),
    })
    const { weights, ...facts } = result
    const kept = { encoder: encoder.name, digest: encoder.digest, weights, ...facts }
    writeWhole(join(folder, 'weights.json'), weightsText({ ...start, encoder: weights }))
    writeWhole(join(folder, 'encoder.json'), `${JSON.stringify(kept, null, 2)}\n`)
    view?.end()
    terminal.stdout.write(flags.json ? `${JSON.stringify(kept, null, 2)}\n` : describe(result, flags.out))
  } finally {
    view?.end()
    await Promise.all([encoder.close(), preparer.close()])
  }
}

function describe({ weights, rows, heldOut, skipped }: EncoderTrained, out: string): string {
  const { doubt, file, function: ofFunction } = weights
  return [
    'Over repositories that took no part in a fit, by threshold of doubt:',
    ...rows.map(
      (row) =>
        `  ${row.doubt.toFixed(1)}  ${row.searches} searches read, first file right ${signed(row.firstRight)}, likelihood ${signed(row.gain, 1)}`,
    ),
    `Taken: doubt ${doubt}; files ${file.best.toFixed(2)} best, ${file.outline.toFixed(2)} outline; functions ${ofFunction.own.toFixed(2)} own, ${ofFunction.file.toFixed(2)} file.`,
    `Held out, ${skipped} samples skipped in all:`,
    ...heldOut.map(heldOutRow),
    `Weights: ${join(out, 'weights.json')}`,
    '',
  ].join('\n')
}

function heldOutRow({ of, searches, read, before, after, gain }: HeldOutGain): string {
  const right = `first file right ${percentOf(before / Math.max(1, searches))} before, ${percentOf(after / Math.max(1, searches))} after`
  return `  ${toShownText(of)}: ${read} of ${searches} searches read, ${right}, likelihood ${signed(gain, 3)} a search`
}

function signed(value: number, digits = 0): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(digits)}`
}
