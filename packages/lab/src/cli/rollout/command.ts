import { join } from 'node:path'
import type { Command } from 'commander'
import type { DefineContext, ExitCode, Terminal } from 'fusesearch/cli'
import { POLICY_NAMES, plural, QUEUE_HELP, toShownJson, wholeNumber } from 'fusesearch/cli'
import { FuseSearchError, jsonLine } from 'fusesearch/core'
import { parseContestantName, type SampleLine, sampleLines, sampleName } from '../../evaluation/index.ts'
import { percentOf } from '../../report/index.ts'
import { addRunFlags, launch, type RunCall, type RunFlags } from '../run/launch.ts'

const HELP_AFTER = `
Policies: ${POLICY_NAMES.join(', ')}. Sample i runs with seed --seed + i; a deterministic policy gives the same run each time.
The folder gets a complete trajectory of each sample in trajectories/, rows.jsonl while samples finish, and finally
samples.jsonl, with F1, e, turns, calls and tokens of each. The same command resumes a stopped rollout.
${QUEUE_HELP}

Examples:
  $ fusesearch rollout train.jsonl --policy llm --model qwen3:4b --base-url http://localhost:8000/v1 \\
      --temperature 0.8 --samples 4 --jobs 32 --out rollouts/a

Exit codes: 0 all samples ran, 1 some failed, 2 an error, 130 stopped by Ctrl-C.`

interface RolloutFlags extends RunFlags {
  readonly samples: number
}

/** The result of a rollout; the object of `--json`. */
interface RolloutSummary {
  readonly version: 1
  readonly samples: number
  readonly failed: number
  readonly meanFileF1: number | null
  readonly meanFunctionF1: number | null
  readonly meanEfficiency: number | null
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  addRunFlags(command)
    .option('-p, --policy <name>', 'policy to run', 'embedded')
    .option('-k, --samples <n>', 'runs per instance', wholeNumber(1), 1)
    .addHelpText('after', HELP_AFTER)
    .action(
      action((dataset: string, flags: RolloutFlags, self: Command) =>
        runRollout({ dataset, flags, arguments: self.parent?.args ?? [] }, terminal),
      ),
    )
}

async function runRollout(call: RunCall<RolloutFlags>, terminal: Terminal): Promise<ExitCode> {
  const { flags } = call
  if (!POLICY_NAMES.includes(parseContestantName(flags.policy).policy)) {
    const message = `There is no policy "${flags.policy}". Take one of ${POLICY_NAMES.join(', ')} with --policy.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const contestants = Array.from({ length: flags.samples }, (_, sample) => sampleName(flags.policy, sample))
  let lines: readonly SampleLine[] = []
  await launch(
    {
      ...call,
      contestants,
      onFinished: (run) => {
        lines = sampleLines(run.rows, flags.seed)
        run.write('samples.jsonl', lines.map(jsonLine).join(''))
      },
    },
    terminal,
  )
  const summary = summarize(lines)
  terminal.stdout.write(flags.json ? `${toShownJson(summary, 2)}\n` : toText(summary, flags.out))
  return summary.failed === 0 ? 0 : 1
}

function summarize(lines: readonly SampleLine[]): RolloutSummary {
  return {
    version: 1,
    samples: lines.length,
    failed: lines.filter(({ status }) => status === 'failed').length,
    meanFileF1: meanOf(lines.map(({ fileF1 }) => fileF1)),
    meanFunctionF1: meanOf(lines.map(({ functionF1 }) => functionF1)),
    meanEfficiency: meanOf(lines.map(({ efficiency }) => efficiency)),
  }
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
}

function toText({ samples, failed, meanFileF1, meanFunctionF1, meanEfficiency }: RolloutSummary, out: string): string {
  const scores = `file F1 ${percent(meanFileF1)}, function F1 ${percent(meanFunctionF1)}, e ${percent(meanEfficiency)}`
  return `${plural(samples, 'sample')}, ${failed} failed: ${scores}\nSamples: ${join(out, 'samples.jsonl')}\n`
}

function percent(value: number | null): string {
  return value === null ? 'none' : percentOf(value)
}
