import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { DefineContext, ExitCode, Terminal } from 'fusesearch/cli'
import { toShownJson, toShownText } from 'fusesearch/cli'
import {
  compareRuns,
  comparisonPage,
  openSide,
  type RunSide,
  renderComparisonText,
  renderTerminalFigure,
  type Series,
  seriesOf,
  summarizePolicies,
} from '../../evaluation/index.ts'
import { writeWhole } from '../../host/index.ts'

const HELP_AFTER = `
A run is the --out folder of \`fusesearch eval\`; if it has several policies, give DIR:POLICY.
Every difference is A minus B, paired by instance, with its 95% bootstrap interval. "At equal turns" and "at equal
calls" use all instances if both had the same limit, otherwise only those on which both used the same number.

Examples:
  $ fusesearch compare runs/a runs/b
  $ fusesearch compare runs/a:embedded runs/b:embedded --page compared.html
  $ fusesearch compare runs/verified,runs/locbench runs/verified-2,runs/locbench-2   (pooled)

Exit codes: 0 compared, 2 an error, 130 stopped by Ctrl-C.`

interface CompareFlags {
  readonly json: boolean
  readonly page?: string
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  command
    .argument('<run-a>', 'folder of a run, or DIR:POLICY')
    .argument('<run-b>', 'the run to compare it with')
    .option('--json', 'print one JSON object', false)
    .option('--page <file>', 'write a page with both runs side by side, and the trajectories of each instance')
    .addHelpText('after', HELP_AFTER)
    .action(action((a: string, b: string, flags: CompareFlags) => runCompare([a, b], flags, terminal)))
}

async function runCompare(
  names: readonly [string, string],
  flags: CompareFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const [a, b] = [openSide(names[0], terminal.cwd), openSide(names[1], terminal.cwd)]
  const comparison = compareRuns(a, b)
  const series = [seriesOfSide(a, 'A'), seriesOfSide(b, 'B')].flat()
  if (flags.page !== undefined) writeWhole(resolve(terminal.cwd, flags.page), await comparisonPage(a, b))
  const text = `${renderComparisonText(comparison, terminal.stdout.columns)}\n${renderTerminalFigure(series)}`
  terminal.stdout.write(flags.json ? `${toShownJson(comparison, 2)}\n` : showLines(text))
  return 0
}

function seriesOfSide({ policy, rows }: RunSide, side: string): Series[] {
  return seriesOf(summarizePolicies(rows, [policy]), (name) => `${side}: ${name}`)
}

/** Ids and paths of datasets may contain control characters. */
function showLines(text: string): string {
  return text.split('\n').map(toShownText).join('\n')
}
