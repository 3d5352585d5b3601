import { basename, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import {
  breadth,
  type DefineContext,
  type ExitCode,
  share,
  type Terminal,
  toShownText,
  wholeNumber,
} from 'fusesearch/cli'
import {
  DEFAULT_SETTINGS,
  exportSft,
  readScored,
  refuseEvaluation,
  type ScoredTrajectory,
  SFT_DROPS,
  SFT_FORMATS,
  type SftDrop,
  type SftFormat,
  type SftStatistics,
} from '../../training/index.ts'
import { excludeOption, readExclusions } from '../run/dataset.ts'
import { type ManifestFile, manifestFile, refuseOverwriting, writeWithManifest } from './write.ts'

const HELP_AFTER = `
TRAJECTORIES are folders of \`fusesearch rollout\`, which keeps complete observations. Record any policy with the limits
that a model gets (--limits model). Each line is one conversation with the prompts and tool results of \`--policy llm\`.

Exit codes: 0 done, 1 nothing passed, 2 an error, or a repository of an evaluation set, 130 stopped by Ctrl-C.`

interface SftFlags {
  readonly minF1: number
  readonly minEfficiency: number
  readonly fileShare: number
  readonly breadth: 'adaptive' | number
  readonly contextLength?: number
  readonly maxResultTokens?: number
  readonly format: SftFormat
  readonly out: string
  readonly manifest?: string
  readonly exclude: readonly string[]
  readonly json: boolean
}

const { filter } = DEFAULT_SETTINGS.sft

/** Adds `data sft`. */
export function defineSft(command: Command, { terminal, action }: DefineContext): void {
  command
    .command('sft')
    .summary('conversations for fine-tuning a language model, from recorded runs')
    .description('Turns recorded runs that pass a joint filter, F1 and e, into conversations with tool calls.')
    .argument('<trajectories...>', 'folders of rollouts')
    .requiredOption('--out <file>', 'file for the conversations, JSON lines')
    .option('--min-f1 <share>', 'minimum F1; 0 keeps all', share, filter.minF1)
    .option('--min-efficiency <share>', 'minimum e; 0 keeps all', share, filter.minEfficiency)
    .option('--file-share <share>', 'weight of file F1 in F1', share, DEFAULT_SETTINGS.reward.fileShare)
    .option('--breadth <n>', 'prompt for adaptive breadth, or for N calls per turn', breadth, 'adaptive')
    .option('--context-length <n>', 'context of the model that learns, as you will use it', wholeNumber(1))
    .option('--max-result-tokens <n>', 'tokens of a result, as you will use the model', wholeNumber(1))
    .addOption(new Option('--format <form>', 'form of a line').choices(SFT_FORMATS).default('messages'))
    .option('--manifest <file>', 'file for statistics and digests')
    .addOption(excludeOption())
    .option('--json', 'print the statistics as one JSON object', false)
    .addHelpText('after', HELP_AFTER)
    .action(action((places: readonly string[], flags: SftFlags) => runSft(places, flags, terminal)))
}

async function runSft(places: readonly string[], flags: SftFlags, terminal: Terminal): Promise<ExitCode> {
  const { cwd, signal, stdout } = terminal
  const { minF1, minEfficiency, fileShare, format, out } = flags
  refuseOverwriting(cwd, { reads: [], writes: [out, flags.manifest] })
  const exclusions = await readExclusions(flags.exclude, terminal)
  const { runs, inputs } = await readAll(places, cwd)
  const repos = runs.map(({ repository }) => repository)
  refuseEvaluation(repos, exclusions, 'Leave these runs out')
  const { breadth: calls, contextLength, maxResultTokens } = flags
  const budgets = {
    ...(contextLength === undefined ? {} : { contextLength }),
    ...(maxResultTokens === undefined ? {} : { context: { maxTokensPerTurn: maxResultTokens } }),
  }
  const teach = { breadth: calls, ...budgets }
  const request = { runs, filter: { minF1, minEfficiency }, fileShare, teach, format, signal }
  const { text, statistics } = await exportSft(request)
  writeWithManifest(cwd, {
    outputs: [{ path: out, text }],
    manifest: flags.manifest,
    command: 'data sft',
    options: {
      minF1,
      minEfficiency,
      fileShare,
      breadth: calls,
      contextLength,
      maxResultTokens,
      format,
      exclude: flags.exclude,
    },
    inputs,
    facts: { statistics },
  })
  stdout.write(flags.json ? `${JSON.stringify({ version: 1, ...statistics }, null, 2)}\n` : describe(out, statistics))
  return statistics.written === 0 ? 1 : 0
}

async function readAll(
  places: readonly string[],
  cwd: string,
): Promise<{ runs: readonly ScoredTrajectory[]; inputs: readonly ManifestFile[] }> {
  const runs: ScoredTrajectory[] = []
  const inputs: ManifestFile[] = []
  for (const place of places) {
    const read = await readScored(resolve(cwd, place))
    runs.push(...read.runs)
    inputs.push(manifestFile(`${basename(place)}/${basename(read.file)}`, read.content))
  }
  return { runs, inputs }
}

function describe(out: string, statistics: SftStatistics): string {
  const { runs, scored, passF1, passEfficiency, passBoth, written, instances, repositories, dropped, mean } = statistics
  const drops = Object.entries(dropped).map(([why, count]) => `  ${why}: ${count} (${SFT_DROPS[why as SftDrop]})\n`)
  const means =
    mean === null
      ? ''
      : `mean F1 ${mean.f1.toFixed(3)}, e ${mean.efficiency.toFixed(3)}, ${mean.turns.toFixed(1)} turns, ${mean.calls.toFixed(1)} calls\n`
  return [
    `${toShownText(out)}: ${written} conversations of ${instances} instances and ${Object.keys(repositories).length} repositories\n`,
    `runs: ${runs}, scored ${scored}; F1 passes ${passF1}, e passes ${passEfficiency}, both pass ${passBoth}\n`,
    means,
    ...(drops.length === 0 ? [] : ['dropped:\n', ...drops]),
  ].join('')
}
