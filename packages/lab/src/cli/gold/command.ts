import type { Command } from 'commander'
import { type DefineContext, type ExitCode, type Terminal, toShownText } from 'fusesearch/cli'
import { jsonLine } from 'fusesearch/core'
import type { Gold } from '../../datasets/index.ts'
import { collectGold, createPreparer } from '../../evaluation/index.ts'
import { addDatasetOptions, type DatasetFlags, readInstances, repositoriesOf } from '../run/dataset.ts'

const HELP_AFTER = `
Prints a JSON line for each instance:
  {"instance_id", "files", "functions": [{"path", "name", "startLine", "endLine"}], "addsFile", "addsFunction", "kept"}

Examples:
  $ fusesearch gold verified.jsonl > gold.jsonl
  $ fusesearch gold verified.parquet --repos 'repos/{owner}+{name}' --skip-bad

Exit codes: 0 done, 1 some instance has no gold (named on standard error), 2 an error, 130 stopped by Ctrl-C.`

export function define(command: Command, { terminal, action }: DefineContext): void {
  addDatasetOptions(command.argument('<dataset>', "JSONL or Parquet in SWE-bench's format"))
    .addHelpText('after', HELP_AFTER)
    .action(action((dataset: string, flags: DatasetFlags) => runGold(dataset, flags, terminal)))
}

async function runGold(dataset: string, flags: DatasetFlags, terminal: Terminal): Promise<ExitCode> {
  const instances = await readInstances(dataset, flags, terminal)
  const preparer = createPreparer(await repositoriesOf(flags, terminal))
  let failed = 0
  try {
    for await (const found of collectGold(instances, preparer, terminal.signal)) {
      if (found.ok) terminal.stdout.write(jsonLine(lineOf(found.instance.id, found.gold)))
      else {
        failed++
        terminal.stderr.write(`fusesearch: ${toShownText(found.message)}\n`)
      }
    }
  } finally {
    await preparer.close()
  }
  return failed === 0 ? 0 : 1
}

function lineOf(id: string, { files, functions, addsFile, addsFunction, kept }: Gold): object {
  return { instance_id: id, files, functions, addsFile, addsFunction, kept }
}
