import type { Command } from 'commander'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { toShownJson, toShownText } from '../render/shown-text.ts'
import { readVersion } from '../version.ts'
import type { CheckResult } from './checks.ts'

const HELP_AFTER = `
Examples:
  $ fusesearch doctor
  $ fusesearch doctor --json

Exit codes: 0 everything required works, 1 something must be fixed, 2 an error, 130 stopped by Ctrl-C.`

/** Version of the `--json` output; it increases when a field is removed or changes its meaning. */
const REPORT_VERSION = 1
const MARKS = { ok: '✓', warning: '!', failed: '✗' } as const

export function define(command: Command, { terminal, action }: DefineContext): void {
  command
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP_AFTER)
    .action(action((flags: { readonly json?: boolean }) => runDoctor(flags.json === true, terminal)))
}

async function runDoctor(isJson: boolean, terminal: Terminal): Promise<ExitCode> {
  const { runChecks } = await import('./checks.ts')
  const checks = await runChecks(terminal)
  const works = checks.every(({ state }) => state !== 'failed')
  if (isJson) {
    const report = { version: REPORT_VERSION, fusesearch: readVersion(), ok: works, checks }
    terminal.stdout.write(`${toShownJson(report, 2)}\n`)
  } else {
    terminal.stdout.write(`${checks.map(toLine).join('\n')}\n`)
  }
  return works ? 0 : 1
}

function toLine({ name, state, fact, mend }: CheckResult): string {
  const line = `${MARKS[state]} ${name.padEnd(9)} ${toShownText(fact)}`
  return mend === undefined ? line : `${line}\n            ${toShownText(mend)}`
}
