import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { type DefineContext, type ExitCode, type Terminal, toShownJson, toShownText } from 'fusesearch/cli'
import { FuseSearchError } from 'fusesearch/core'
import type { Instance } from '../../datasets/index.ts'
import {
  collectGold,
  createPreparer,
  type Preparer,
  parsePredictions,
  refuseUnknown,
  renderScoreText,
  rowGold,
  type ScoredInstance,
  scorePredictions,
} from '../../evaluation/index.ts'
import { addDatasetOptions, type DatasetFlags, readInstances, repositoriesOf } from '../run/dataset.ts'

const HELP_AFTER = `
Each line of the predictions has this form, best first:
  {"instance_id": "…", "files": ["a/b.py"], "functions": [{"path": "a/b.py", "name": "Class.method"}]}
  (a function may also be "a/b.py:Class.method"), or LocAgent's output:
  {"instance_id": "…", "found_files": ["a/b.py"], "found_entities": ["a/b.py:Class.method"]}
Instances without a prediction count as zero.

Examples:
  $ fusesearch score verified.jsonl --predictions loc_outputs.jsonl
  $ fusesearch score verified.jsonl --predictions mine.jsonl --repos 'repos/{owner}+{name}' --json

Exit codes: 0 done, 1 some instance has no gold (named on standard error), 2 an error, 130 stopped by Ctrl-C.`

interface ScoreFlags extends DatasetFlags {
  readonly predictions: string
  readonly json: boolean
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  addDatasetOptions(command.argument('<dataset>', "JSONL or Parquet in SWE-bench's format"))
    .requiredOption('--predictions <file>', 'JSON lines, one per instance')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', HELP_AFTER)
    .action(action((dataset: string, flags: ScoreFlags) => runScore(dataset, flags, terminal)))
}

async function runScore(dataset: string, flags: ScoreFlags, terminal: Terminal): Promise<ExitCode> {
  const predictions = parsePredictions(await readPredictions(flags.predictions, terminal), flags.predictions)
  const instances = await readInstances(dataset, flags, terminal)
  // Before any repository is opened, so that a wrong dataset is reported at once.
  refuseUnknown(instances, predictions)
  const preparer = createPreparer(await repositoriesOf(flags, terminal))
  try {
    const { scored, withoutGold } = await readGold(instances, preparer, terminal)
    const known = new Set(scored.map(({ id }) => id))
    const score = scorePredictions(scored, new Map([...predictions].filter(([id]) => known.has(id))))
    terminal.stdout.write(
      flags.json ? `${toShownJson({ ...score, withoutGold }, 2)}\n` : renderScoreText(score, terminal.stdout.columns),
    )
    return withoutGold.length === 0 ? 0 : 1
  } finally {
    await preparer.close()
  }
}

async function readPredictions(path: string, { cwd }: Terminal): Promise<string> {
  try {
    return await readFile(resolve(cwd, path), 'utf8')
  } catch (error) {
    const fact = error instanceof Error ? error.message : String(error)
    throw new FuseSearchError(`The predictions ${path} can't be read: ${fact}. Name a file of JSON lines.`, {
      code: 'bad-predictions',
      cause: error,
    })
  }
}

async function readGold(
  instances: readonly Instance[],
  preparer: Preparer,
  { signal, stderr }: Terminal,
): Promise<{ scored: readonly ScoredInstance[]; withoutGold: readonly string[] }> {
  const scored: ScoredInstance[] = []
  const withoutGold: string[] = []
  for await (const found of collectGold(instances, preparer, signal)) {
    if (found.ok) scored.push({ id: found.instance.id, gold: rowGold(found.gold) })
    else {
      withoutGold.push(found.instance.id)
      stderr.write(`fusesearch: left out ${toShownText(found.message)}\n`)
    }
  }
  return { scored, withoutGold }
}
