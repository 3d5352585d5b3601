import type { Command } from 'commander'
import type { DefineContext } from 'fusesearch/cli'
import { defineImport } from './import.ts'
import { defineMine } from './mine.ts'
import { defineSft } from './sft.ts'
import { defineSplit } from './split.ts'

const HELP_AFTER = `
A sample is a line of SWE-bench's form with "files", "functions", "kept", "language", "source" and "kind" added; eval,
gold and score take files of samples as they take any dataset.

Examples:
  $ fusesearch data import train/*.jsonl --repos 'repos/{owner}+{name}' --out samples.jsonl --manifest samples.json
  $ fusesearch data mine --repo . --out mined.jsonl --limit 200
  $ fusesearch data split samples.jsonl --validation 0.2 --out-train train.jsonl --out-validation validation.jsonl
  $ fusesearch data sft rollouts/a rollouts/b --min-f1 0.5 --min-efficiency 0.5 --out sft.jsonl --manifest sft.json

Nothing is taken from a repository that an evaluation set holds (SWE-bench Verified, Multilingual, LocBench).`

export function define(command: Command, context: DefineContext): void {
  command.addHelpText('after', HELP_AFTER)
  defineImport(command, context)
  defineMine(command, context)
  defineSplit(command, context)
  defineSft(command, context)
}
