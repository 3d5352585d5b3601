import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import {
  commandLine,
  type DefineContext,
  type ExitCode,
  QUEUE_HELP,
  queueOption,
  type Terminal,
  wholeNumber,
} from 'fusesearch/cli'
import { systemClock } from 'fusesearch/core'
import { DEFAULT_SETTINGS, renderAblation, runAblation, writeAblation } from '../../training/index.ts'
import { addDatasetOptions, excludeOption } from '../run/dataset.ts'
import { addPhaseOptions, type PhaseFlags, PLAYED, playing } from '../train/flags.ts'
import { openSamples, type SampleFlags, trainingFacts } from '../train/samples.ts'

const HELP_AFTER = `
Trains once for each row of the paper's ablation and each seed: sequential against parallel, phase 1 alone, its
filters, the rewards of phase 2, and the history tool. The folder gets a checkpoint of each training, and the tables
ablation.md and ablation.json, which are written from the first row on. The same command resumes a stopped ablation.
${QUEUE_HELP}

Examples:
  $ fusesearch ablate train.jsonl --validation validation.jsonl --repos 'repos/{owner}+{name}' --scale small --out runs/ablation

Exit codes: 0 done, 2 an error, 130 stopped by Ctrl-C.`

/** Maximum number of samples of each scale, spread over their repositories, and the amount of training. */
const SCALES = {
  small: {
    bounds: { training: 300, validation: 130 },
    played: { ...PLAYED, rollouts: 4, iterations: 12, samplesPerIteration: 64 },
  },
  full: { bounds: {}, played: PLAYED },
}

interface Flags extends SampleFlags, Partial<PhaseFlags> {
  readonly out: string
  readonly scale: keyof typeof SCALES
  readonly seed: number
  readonly seeds: number
  readonly json: boolean
  readonly quiet: boolean
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  const { bounds, played } = SCALES.small
  const size = `${bounds.training} samples, ${bounds.validation} held out, ${played.rollouts} rollouts, ${played.iterations} updates of ${played.samplesPerIteration} samples`
  const scale = new Option(
    '--scale <of>',
    `small: ${size}; full: all samples, with the defaults of train; the flags above override these numbers`,
  )
  addPhaseOptions(addDatasetOptions(command.argument('<samples>', 'training samples, JSON lines')), {})
    .requiredOption('--validation <file>', 'held-out samples from other repositories')
    .requiredOption('-o, --out <dir>', 'folder of the ablation, new or to resume')
    .addOption(scale.choices(Object.keys(SCALES)).default('small'))
    .option('--seed <n>', 'the first seed', wholeNumber(0), DEFAULT_SETTINGS.seed)
    .option('--seeds <n>', 'seeds per row', wholeNumber(1), 3)
    .option('-j, --jobs <n>', 'processes that run rollouts', wholeNumber(1), 1)
    .addOption(queueOption())
    .addOption(excludeOption())
    .option('--json', 'print the result as one JSON object', false)
    .option('-q, --quiet', 'show no progress', false)
    .addHelpText('after', HELP_AFTER)
    .action(
      action((samples: string, flags: Flags, self: Command) =>
        runAblate(samples, { ...flags, command: commandLine(self.parent?.args ?? []) }, terminal),
      ),
    )
}

async function runAblate(
  samples: string,
  flags: Flags & { readonly command: string },
  terminal: Terminal,
): Promise<ExitCode> {
  const { bounds, played } = SCALES[flags.scale]
  const loaded = await openSamples(samples, flags, { terminal, bounds })
  const { runners, training, validation, digest } = loaded
  const folder = resolve(terminal.cwd, flags.out)
  const settings = playing({ ...played, ...phaseFlags(flags) }, DEFAULT_SETTINGS)
  const seeds = Array.from({ length: flags.seeds }, (_, index) => flags.seed + index)
  const said = {
    command: flags.command,
    samples,
    validation: flags.validation,
    from: 'hand',
    loaded,
    terminal,
  }
  const facts = { ...(await trainingFacts(said)), settings }
  try {
    const results = await runAblation({
      settings,
      training,
      validation,
      digest,
      runners,
      folder,
      seeds,
      clock: systemClock,
      signal: terminal.signal,
      onResults: (soFar) => writeAblation(folder, soFar, facts),
      ...(flags.quiet
        ? {}
        : { onRow: (row, seed, { done, all }) => tell(`${done}/${all}: ${row}, seed ${seed}`, terminal) }),
    })
    terminal.stdout.write(flags.json ? `${JSON.stringify(results, null, 2)}\n` : renderAblation(results))
    return 0
  } finally {
    await loaded.close()
  }
}

/** The given flags. */
function phaseFlags({ rollouts, group, iterations, samplesPerIteration }: Flags): Partial<PhaseFlags> {
  const all = { rollouts, group, iterations, samplesPerIteration }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

function tell(line: string, { stderr }: Terminal): void {
  stderr.write(`${line}\n`)
}
