import type { Command } from 'commander'
import { type Finding, isUsable, type ModelFlags, probeModel, resolveModel } from '../../models/index.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { addModelFlags } from '../llm/flags.ts'
import { durationMs } from '../options.ts'
import { toShownJson, toShownText } from '../render/shown-text.ts'

const HELP_AFTER = `
The key comes from FUSESEARCH_API_KEY, or from OPENAI_API_KEY or ANTHROPIC_API_KEY for that vendor's own host.

Examples:
  $ fusesearch models check --model qwen3:4b --base-url http://localhost:11434/v1
  $ fusesearch models check --model claude-sonnet-4-5 --json

Exit codes: 0 the model can drive a search, 2 it can't, or an error, 130 stopped by Ctrl-C.`

/** Version of the `--json` output; it increases when a field is removed or changes its meaning. */
const REPORT_VERSION = 1
const MARKS = { yes: '✓', unknown: '?', no: '✗' } as const
const DEFAULT_TIMEOUT_MS = 60_000

interface CheckFlags extends ModelFlags {
  readonly json?: boolean
  readonly timeout: number
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  addModelFlags(command.command('check'))
    .summary('test an endpoint and report what it can do')
    .description('Tests an endpoint with three or four small requests and reports what it can do.')
    .option('--timeout <time>', 'maximum time without data from the endpoint', durationMs, DEFAULT_TIMEOUT_MS)
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP_AFTER)
    .action(action((flags: CheckFlags) => runCheck(flags, terminal)))
}

async function runCheck(flags: CheckFlags, { env, signal, stdout }: Terminal): Promise<ExitCode> {
  const choice = resolveModel(flags, env)
  const findings: Finding[] = []
  for await (const finding of probeModel({ ...choice, timeoutMs: flags.timeout }, signal)) {
    findings.push(finding)
    if (!flags.json) stdout.write(`${toLine(finding)}\n`)
  }
  const usable = isUsable(findings)
  if (flags.json) {
    const { keyFrom, model, wire } = choice
    const report = { version: REPORT_VERSION, model, wire, keyFrom, usable, findings }
    stdout.write(`${toShownJson(report, 2)}\n`)
  } else {
    stdout.write(usable ? `\n${choice.model} can drive a search.\n` : `\n${choice.model} can't drive a search.\n`)
  }
  return usable ? 0 : 2
}

function toLine({ fact, name, state }: Finding): string {
  return `${MARKS[state]} ${name.padEnd(14)} ${toShownText(fact)}`
}
