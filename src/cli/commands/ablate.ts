import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { systemClock } from '../../core/index.ts'
import { type AblationResult, renderAblation, runAblation } from '../../training/index.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { excludeOption } from '../data/exclusions.ts'
import { addDatasetOptions } from '../evaluation/repositories.ts'
import { wholeNumber } from '../options.ts'
import { addTrainingOptions, type TrainFlags, trainSettings } from '../train/flags.ts'
import { openSamples, type SampleFlags } from '../train/samples.ts'

const HELP_AFTER = `
Trains once for each row of the paper's ablation and each seed: sequential against parallel, phase 1 alone, its
filters, the rewards of phase 2, and the history tool. The folder gets a training for each, ablation.json and
ablation.md. The same command goes on where a stopped one was.

Examples:
  $ fusesearch ablate train.jsonl --validation validation.jsonl --repos 'repos/{owner}+{name}' --scale small --out runs/ablation

Exit codes: 0 done, 2 an error.`

/** Samples of the small scale, spread over their repositories. */
const SMALL = { training: 300, validation: 130 }

interface Flags extends TrainFlags, SampleFlags {
  readonly out: string
  readonly scale: 'full' | 'small'
  readonly seeds: number
  readonly json: boolean
  readonly quiet: boolean
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  addTrainingOptions(addDatasetOptions(command.argument('<samples>', 'samples to learn from, JSON lines')))
    .requiredOption('--validation <file>', 'held-out samples, of other repositories')
    .requiredOption('-o, --out <dir>', 'folder of the ablation, new or to be resumed')
    .option(
      '--scale <of>',
      `small: ${SMALL.training} samples, ${SMALL.validation} held out, short trainings; full: as train`,
      'small',
    )
    .option('--seeds <n>', 'seeds of each row', wholeNumber(1), 3)
    .option('-j, --jobs <n>', 'processes that play rollouts', wholeNumber(1), 1)
    .addOption(excludeOption())
    .option('--json', 'print the result as one JSON object', false)
    .option('-q, --quiet', 'show no progress', false)
    .addHelpText('after', HELP_AFTER)
    .action(action((samples: string, flags: Flags) => runAblate(samples, flags, terminal)))
}

async function runAblate(file: string, flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const isSmall = flags.scale === 'small'
  const bounds = isSmall ? SMALL : {}
  const { runners, training, validation, digest } = await openSamples(file, flags, { terminal, bounds })
  const folder = resolve(terminal.cwd, flags.out)
  const settings = trainSettings(flags)
  const { grpo, sft } = settings
  const small = {
    ...settings,
    sft: { ...sft, rollouts: 4 },
    grpo: { ...grpo, iterations: 12, samplesPerIteration: 64 },
  }
  try {
    const results = await runAblation({
      settings: isSmall ? small : settings,
      training,
      validation,
      digest,
      runners,
      folder,
      seeds: Array.from({ length: flags.seeds }, (_, index) => flags.seed + index),
      clock: systemClock,
      signal: terminal.signal,
      onResults: (soFar) => writeTable(folder, soFar),
      ...(flags.quiet
        ? {}
        : { onRow: (row, seed, { done, all }) => tell(`${done}/${all}: ${row}, seed ${seed}`, terminal) }),
    })
    terminal.stdout.write(flags.json ? `${JSON.stringify(results, null, 2)}\n` : renderAblation(results))
    return 0
  } finally {
    await Promise.allSettled(runners.map((runner) => runner.close()))
  }
}

/** What stands so far: a table of fewer rows or seeds is there early. */
async function writeTable(folder: string, results: readonly AblationResult[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'ablation.json'), `${JSON.stringify(results, null, 2)}\n`)
  await writeFile(join(folder, 'ablation.md'), renderAblation(results))
}

function tell(line: string, { stderr }: Terminal): void {
  stderr.write(`${line}\n`)
}
