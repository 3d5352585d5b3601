import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { DefineContext, ExitCode, Terminal } from 'fusesearch/cli'
import { commandLine, readWeights, wholeNumber } from 'fusesearch/cli'
import { FuseSearchError, systemClock } from 'fusesearch/core'
import { DEFAULT_WEIGHTS, type Weights } from 'fusesearch/policies'
import { runTraining, type TrainResult, writeTraining } from '../../training/index.ts'
import { excludeOption } from '../data/exclusions.ts'
import { addDatasetOptions } from '../run/repositories.ts'
import { ADAPT_ITERATIONS, adaptTo } from './adapt.ts'
import { trainingFacts } from './facts.ts'
import { addTrainingOptions, type TrainFlags, trainSettings } from './flags.ts'
import { openSamples, type SampleFlags } from './samples.ts'
import { createTrainView } from './view.ts'

const HELP_AFTER = `
Samples are what \`fusesearch data import\`, \`mine\` and \`split\` write. The folder gets checkpoint.json, and at the end
weights.json (for locate --weights), card.md, report.html, training.json and history.jsonl. The same command goes on where
a stopped one was; with a lower --iterations it ends there, with the best weights so far.

With --repo the samples are the newest 400 of its history, with 12 updates where --iterations says nothing else; the folder
gets them, the checkpoint, and weights.json when they are a gain. It needs 30 linked issues or merged pull requests to test
on, which small projects don't have.

Examples:
  $ fusesearch train train.jsonl --validation validation.jsonl --repos 'repos/{owner}+{name}' --out runs/trained --jobs 2
  $ fusesearch train --repo ../project --out runs/adapted

Exit codes: 0 trained, 2 an error.`

interface Flags extends TrainFlags, Omit<SampleFlags, 'validation'> {
  readonly validation?: string
  readonly repo?: string
  readonly from: string
  readonly out: string
  readonly json: boolean
  readonly quiet: boolean
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  addTrainingOptions(addDatasetOptions(command.argument('[samples]', 'samples to learn from, JSON lines')))
    .option('--validation <file>', 'held-out samples, of other repositories')
    .option('--from <weights>', 'weights to begin with: hand, shipped, or the weights.json of a training', 'hand')
    .option('--repo <dir>', 'instead of samples: adapt the shipped policy to this code base, from its history')
    .requiredOption('-o, --out <dir>', 'folder of the training, new or to be resumed')
    .option('-j, --jobs <n>', 'processes that play rollouts', wholeNumber(1), 1)
    .addOption(excludeOption())
    .option('--json', 'print the result as one JSON object', false)
    .option('-q, --quiet', 'show no progress', false)
    .addHelpText('after', HELP_AFTER)
    .action(
      action((samples: string | undefined, flags: Flags, self: Command) =>
        run(samples, { ...flags, command: commandLine(self.parent?.args ?? []), isGiven: isGivenTo(self) }, terminal),
      ),
    )
}

/** The command as it was called, for the report. */
interface Called {
  readonly command: string
  /** Whether a flag was given, not left at its default. */
  isGiven(flag: string): boolean
}

function run(samples: string | undefined, flags: Flags & Called, terminal: Terminal): Promise<ExitCode> {
  const { repo, validation } = flags
  if (flags.isGiven('gamma') && flags.reward !== 'f1+f1e') {
    const message = `--gamma weighs F1·e, which the reward ${flags.reward} hasn't. Leave it out, or take --reward f1+f1e.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  if (repo !== undefined && samples === undefined && validation === undefined) {
    refuseSampleFlags(flags)
    if (flags.isGiven('from')) {
      const message = 'train --repo takes no --from: it begins with the shipped weights.'
      throw new FuseSearchError(message, { code: 'bad-argument' })
    }
    const { iterations } = flags.isGiven('iterations') ? flags : { iterations: ADAPT_ITERATIONS }
    return adaptTo({ ...flags, repo, iterations }, terminal)
  }
  if (samples !== undefined && validation !== undefined && repo === undefined) {
    return runTrain(samples, { ...flags, validation }, terminal)
  }
  const message =
    'train takes a file of samples with --validation FILE, or --repo DIR alone. See `fusesearch train --help`.'
  throw new FuseSearchError(message, { code: 'bad-argument' })
}

function isGivenTo(command: Command): Called['isGiven'] {
  return (flag) => command.getOptionValueSource(flag) !== 'default'
}

/** Flags that say where samples come from; with `--repo` they come from its history. */
function refuseSampleFlags({ repos, map, exclude }: Flags): void {
  const given = Object.entries({ repos, map, exclude: exclude[0] }).find(([, value]) => value !== undefined)
  if (given === undefined) return
  const message = `train --repo takes no --${given[0]}: what it learns from is that repository's own history.`
  throw new FuseSearchError(message, { code: 'bad-argument' })
}

async function runTrain(samples: string, flags: Flags & SampleFlags & Called, terminal: Terminal): Promise<ExitCode> {
  const start = await startOf(flags.from, terminal)
  const loaded = await openSamples(samples, flags, { terminal })
  const { runners, training, validation, digest } = loaded
  const folder = resolve(terminal.cwd, flags.out)
  const view = flags.quiet ? undefined : createTrainView(terminal.stderr, systemClock)
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
      ...(view === undefined ? {} : { onProgress: (progress) => view.show(progress) }),
    })
    const { command, validation: heldOut, from } = flags
    const facts = { command, samples, validation: heldOut, from, loaded, terminal }
    await writeTraining(folder, result, await trainingFacts(facts))
    view?.end()
    terminal.stdout.write(
      flags.json ? `${JSON.stringify(shortResult(result), null, 2)}\n` : describe(result, flags.out),
    )
    return 0
  } finally {
    view?.end()
    await Promise.allSettled(runners.map((runner) => runner.close()))
  }
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
    `${played.rollouts} rollouts at ${(played.rollouts / Math.max(1, played.seconds)).toFixed(1)} a second; ${skipped.size} samples skipped.`,
    `Weights: ${join(out, 'weights.json')}\nReport: ${join(out, 'report.html')}`,
    '',
  ].join('\n')
}

function metricsRow(name: string, { reward, fileF1, functionF1, efficiency, calls }: TrainResult['hand']): string {
  const shares = [fileF1, functionF1, efficiency].map((value) => (100 * value).toFixed(1).padStart(9))
  return `${name.padEnd(11)}${reward.toFixed(3).padStart(9)}${shares.join('')}${calls.toFixed(1).padStart(9)}`
}
