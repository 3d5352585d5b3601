import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import {
  commandLine,
  type DefineContext,
  type ExitCode,
  QUEUE_HELP,
  queueOption,
  readWeights,
  type Terminal,
  wholeNumber,
} from 'fusesearch/cli'
import { FuseSearchError, systemClock } from 'fusesearch/core'
import { DEFAULT_WEIGHTS, HAND_WEIGHTS, type Weights } from 'fusesearch/policies'
import type { Instance } from '../../datasets/index.ts'
import { percentOf } from '../../report/index.ts'
import { createProgressPage, runTraining, type TrainResult, writeTraining } from '../../training/index.ts'
import { addDatasetOptions, excludeOption } from '../run/dataset.ts'
import { runEncoderTraining } from './encoder.ts'
import { addTrainingOptions, type TrainFlags, trainSettings } from './flags.ts'
import { openSamples, type SampleFlags, trainingFacts } from './samples.ts'
import { createTrainView } from './view.ts'

const HELP_AFTER = `
\`fusesearch data import\`, \`mine\` and \`split\` write samples. The folder gets checkpoint.json, history.jsonl and
report.html, a page that updates itself during the training, and at the end weights.json (for locate --weights), card.md
and training.json. The same command resumes a stopped training; with a lower --iterations it ends with the best weights
so far.
${QUEUE_HELP}

Examples:
  $ fusesearch train train.jsonl --validation validation.jsonl --repos 'repos/{owner}+{name}' --out runs/trained --jobs 2
  $ fusesearch train train.jsonl --validation validation.jsonl --from shipped --encoder minilm --out runs/encoder

Exit codes: 0 trained, 2 an error, 130 stopped by Ctrl-C.`

interface Flags extends TrainFlags, SampleFlags {
  readonly from: string
  readonly encoder?: string
  readonly out: string
  readonly json: boolean
  readonly quiet: boolean
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  addTrainingOptions(addDatasetOptions(command.argument('<samples>', 'training samples, JSON lines')))
    .requiredOption('--validation <file>', 'held-out samples from other repositories')
    .option('--from <weights>', 'weights to start from: hand, shipped, or the weights.json of a training', 'hand')
    .option('--encoder <name>', "keep the weights of --from, and fit an encoder's to their searches")
    .requiredOption('-o, --out <dir>', 'folder of the training, new or to resume')
    .option('-j, --jobs <n>', 'processes that run rollouts', wholeNumber(1), 1)
    .addOption(queueOption())
    .addOption(excludeOption())
    .option('--json', 'print the result as one JSON object', false)
    .option('-q, --quiet', 'show no progress', false)
    .addHelpText('after', HELP_AFTER)
    .action(
      action((samples: string, flags: Flags, self: Command) => {
        refuseIdleGamma(flags, self)
        return runTrain(samples, { ...flags, command: commandLine(self.parent?.args ?? []) }, terminal)
      }),
    )
}

/** Throws `bad-argument` if --gamma was given with a reward that has no term F1·e. */
function refuseIdleGamma({ reward }: Flags, command: Command): void {
  if (reward === 'f1+f1e' || command.getOptionValueSource('gamma') === 'default') return
  const message = `--gamma is the weight of F1·e, which the reward ${reward} doesn't have. Leave --gamma out, or use --reward f1+f1e.`
  throw new FuseSearchError(message, { code: 'bad-argument' })
}

async function runTrain(
  samples: string,
  flags: Flags & { readonly command: string },
  terminal: Terminal,
): Promise<ExitCode> {
  const start = await startOf(flags.from, terminal)
  const loaded = await openSamples(samples, flags, { terminal })
  if (flags.encoder !== undefined) {
    await fitEncoder(flags.encoder, { flags, loaded, start, terminal })
    return 0
  }
  const { runners, training, validation, digest } = loaded
  const folder = resolve(terminal.cwd, flags.out)
  const view = flags.quiet ? undefined : createTrainView(terminal.stderr, systemClock)
  const { command, validation: heldOut, from } = flags
  const facts = await trainingFacts({ command, samples, validation: heldOut, from, loaded, terminal })
  const page = createProgressPage(folder, facts)
  try {
    const result = await runTraining({
      settings: trainSettings(flags),
      ...(start === undefined ? {} : { start }),
      training,
      validation,
      digest,
      runners,
      folder,
      clock: systemClock,
      signal: terminal.signal,
      onStep: (reached) => page.show(reached),
      ...(view === undefined ? {} : { onProgress: (progress) => view.show(progress) }),
    })
    await page.settle()
    await writeTraining(folder, result, facts)
    view?.end()
    terminal.stdout.write(
      flags.json ? `${JSON.stringify(shortResult(result), null, 2)}\n` : describe(result, flags.out),
    )
    return 0
  } catch (error) {
    // The user must see the error that ended the training, not a later one of its page.
    await page.stop().catch(() => undefined)
    throw error
  } finally {
    view?.end()
    await loaded.close()
  }
}

async function fitEncoder(name: string, { flags, loaded, start, terminal }: EncoderParts): Promise<void> {
  const pick = (indices: readonly number[]): Instance[] => indices.flatMap((index) => loaded.instances[index] ?? [])
  const run = {
    name,
    start: start ?? HAND_WEIGHTS,
    settings: trainSettings(flags),
    training: pick(loaded.training),
    validation: pick(loaded.validation),
  }
  try {
    await runEncoderTraining(run, flags, terminal)
  } finally {
    await loaded.close()
  }
}

interface EncoderParts {
  readonly flags: Flags
  readonly loaded: Awaited<ReturnType<typeof openSamples>>
  readonly start: Weights | undefined
  readonly terminal: Terminal
}

/** Undefined for the hand-set ones. */
async function startOf(from: string, terminal: Terminal): Promise<Weights | undefined> {
  if (from === 'hand') return undefined
  return from === 'shipped' ? DEFAULT_WEIGHTS : readWeights(from, terminal.cwd)
}

function shortResult({ hand, trained, calibration, played, skipped }: TrainResult): object {
  return { hand, trained, calibration, played, skipped: skipped.size }
}

function describe({ hand, trained, calibration, played, skipped }: TrainResult, out: string): string {
  return [
    `held out   ${['reward', 'file', 'function', 'e', 'calls'].map((name) => name.padStart(9)).join('')}`,
    metricsRow('before', hand),
    metricsRow('trained', trained),
    `Calibration error of the confidence: ${calibration.before.toFixed(3)} before, ${calibration.after.toFixed(3)} after.`,
    `${played.rollouts} rollouts at ${(played.rollouts / Math.max(1, played.seconds)).toFixed(1)} per second; ${skipped.size} samples skipped.`,
    `Weights: ${join(out, 'weights.json')}\nReport: ${join(out, 'report.html')}`,
    '',
  ].join('\n')
}

function metricsRow(name: string, { reward, fileF1, functionF1, efficiency, calls }: TrainResult['hand']): string {
  const shares = [fileF1, functionF1, efficiency].map((share) => percentOf(share).padStart(9))
  return `${name.padEnd(11)}${reward.toFixed(3).padStart(9)}${shares.join('')}${calls.toFixed(1).padStart(9)}`
}
