import { join } from 'node:path'
import type { Command } from 'commander'
import { type DefineContext, type ExitCode, POLICY_NAMES, QUEUE_HELP, type Terminal, toShownJson } from 'fusesearch/cli'
import { FuseSearchError } from 'fusesearch/core'
import { parseContestantName, type RunSummary, renderRunText, writeReport } from '../../evaluation/index.ts'
import { RANKER_NAMES } from '../run/context.ts'
import { addRunFlags, launch, type RunCall, type RunFlags } from '../run/launch.ts'

const HELP_AFTER = `
Policies: ${POLICY_NAMES.join(', ')}; rankers: ${RANKER_NAMES.join(', ')} (without tests, docs and examples).
POLICY@TURNS limits the turns of one policy: sequential@32.
The folder gets rows.jsonl, trajectories/, summary.json, report.md and the page report.html, in which each instance
links to its trajectories. The same command resumes a stopped run; only one run may use a folder.
${QUEUE_HELP}

Examples:
  $ fusesearch eval verified.jsonl --out runs/a
  $ fusesearch eval verified.jsonl --policy embedded,sequential,bm25 --repos 'repos/{owner}+{name}' --jobs 2 --out runs/b
  $ fusesearch eval verified.jsonl --sample 20 --seed 1 --json --out runs/c

Exit codes: 0 all instances ran, 1 some failed, 2 an error, 130 stopped by Ctrl-C.`

export function define(command: Command, { terminal, action }: DefineContext): void {
  addRunFlags(command)
    .option('-p, --policy <names>', 'policies to run on the same snapshots, separated by commas', 'embedded')
    .addHelpText('after', HELP_AFTER)
    .action(
      action((dataset: string, flags: RunFlags, self: Command) =>
        runEval({ dataset, flags, arguments: self.parent?.args ?? [] }, terminal),
      ),
    )
}

async function runEval(call: RunCall, terminal: Terminal): Promise<ExitCode> {
  const { flags } = call
  let summary: RunSummary | undefined
  const contestants = readContestants(flags.policy)
  await launch(
    {
      ...call,
      contestants,
      onFinished: async (run) => {
        summary = await writeReport(run)
      },
    },
    terminal,
  )
  if (summary === undefined) throw new Error('a run ended without its summary')
  const text = `${renderRunText(summary, terminal.stdout.columns)}\nReport: ${join(flags.out, 'report.html')}\n`
  terminal.stdout.write(flags.json ? `${toShownJson(summary, 2)}\n` : text)
  return summary.failed.length === 0 ? 0 : 1
}

function readContestants(text: string): readonly string[] {
  const names = [
    ...new Set(
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    ),
  ]
  const known = [...POLICY_NAMES, ...RANKER_NAMES]
  const unknown = names.find((name) => !known.includes(parseContestantName(name).policy))
  if (unknown === undefined && names.length > 0) return names
  const fact = unknown === undefined ? '--policy is empty' : `There is no policy "${unknown}"`
  throw new FuseSearchError(`${fact}. Take one or more of ${known.join(', ')}.`, { code: 'bad-argument' })
}
