import type { Command } from 'commander'
import type { DefineContext } from 'fusesearch/cli'
import { defineSchema } from './schema.ts'
import { defineServe } from './serve.ts'

const HELP_AFTER = `
docs/environment.md has the protocol, docs/train-an-llm.md the way from runs to a model.

Examples:
  $ fusesearch env serve train.jsonl --repos 'repos/{owner}+{name}'
  $ fusesearch env serve train.jsonl validation=held-out.jsonl --repos 'repos/{owner}+{name}' --max-sessions 512
  $ fusesearch env schema > environment.json`

export function define(command: Command, context: DefineContext): void {
  command.addHelpText('after', HELP_AFTER)
  defineServe(command, context)
  defineSchema(command, context)
}
