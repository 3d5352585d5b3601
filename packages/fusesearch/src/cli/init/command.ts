import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { createTwoFilesPatch } from 'diff'
import { FuseSearchError } from '../../core/index.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { toShownText } from '../render/shown-text.ts'
import { type AgentCommand, agentCommand } from './agent-command.ts'
import { CLIENTS, type Client } from './clients.ts'
import { clientsInUse, clientsNamed, type FilePlan, planRemoval, planSetUp } from './plan.ts'
import { writePlan } from './write.ts'

const NAMES = CLIENTS.map(({ name }) => name).join(', ')

const HELP_AFTER = `
Clients: ${NAMES}; or all.
Without --client: the clients that left traces in this folder or your home folder.

Examples:
  $ fusesearch init
  $ fusesearch init --client claude-code cursor --dry-run
  $ fusesearch init --client all --yes
  $ fusesearch init --remove

Exit codes: 0 done, 1 nothing written, or something to do by hand, 2 an error, 130 stopped by Ctrl-C.`

interface InitFlags {
  readonly client?: readonly string[]
  readonly yes?: boolean
  readonly dryRun?: boolean
  readonly remove?: boolean
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  command
    .option('-c, --client <name...>', 'set up these clients')
    .option('-y, --yes', 'write without asking')
    .option('--dry-run', 'only show the changes')
    .option('--remove', 'remove what was set up, for all clients unless --client names some')
    .addHelpText('after', HELP_AFTER)
    .action(action((flags: InitFlags) => runInit(flags, terminal)))
}

async function runInit(flags: InitFlags, terminal: Terminal): Promise<ExitCode> {
  return flags.remove ? runRemove(flags, terminal) : runSetUp(flags, terminal)
}

async function runSetUp(flags: InitFlags, terminal: Terminal): Promise<ExitCode> {
  const { cwd, env } = terminal
  const clients = flags.client === undefined ? clientsInUse(cwd, env) : clientsNamed(flags.client)
  if (clients.length === 0) {
    const message = `No coding agent was found here. Name one with --client: ${NAMES}.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const command = await agentCommand(terminal)
  return applyPlan(await planSetUp(cwd, clients, command), flags, { ...terminal, done: shownEnd(clients, command) })
}

async function runRemove(flags: InitFlags, terminal: Terminal): Promise<ExitCode> {
  const { cwd, stdout } = terminal
  const plan = await planRemoval(cwd, clientsNamed(flags.client ?? ['all']))
  const found = plan.filter(({ merged }) => merged.kind !== 'unchanged')
  if (found.length === 0) stdout.write('Nothing to remove: fusesearch is not set up here.\n')
  return applyPlan(found, flags, { ...terminal, done: 'Removed.\n' })
}

/** Shows the plan and writes it if the user agrees; then prints `done`. */
async function applyPlan(
  plan: readonly FilePlan[],
  flags: InitFlags,
  terminal: Terminal & { readonly done: string },
): Promise<ExitCode> {
  const { cwd, stdout } = terminal
  for (const file of plan) stdout.write(shownPlan(file))
  const isWhole = plan.every(({ merged }) => merged.kind !== 'refused')
  if (plan.every(({ merged }) => merged.kind !== 'change')) return isWhole ? 0 : 1
  if (flags.dryRun) return 0
  if (!(await isAgreed(flags, terminal))) {
    stdout.write('Nothing was written.\n')
    return 1
  }
  await writePlan(cwd, plan)
  stdout.write(terminal.done)
  return isWhole ? 0 : 1
}

async function isAgreed(flags: InitFlags, { signal, stderr, stdin, stdout }: Terminal): Promise<boolean> {
  if (flags.yes) return true
  if (!stdin.isTTY || !stdout.isTTY) {
    stderr.write('fusesearch: there is no terminal to ask for confirmation; run it again with --yes to write this.\n')
    return false
  }
  // Not as a terminal: otherwise Ctrl-C would be a key press for the question instead of a signal.
  const asking = createInterface({ input: stdin, output: stdout, terminal: false })
  try {
    return /^y(?:es)?$/i.test((await asking.question('Write this? [y/N] ', { signal })).trim())
  } finally {
    asking.close()
  }
}

function shownPlan({ path, before, merged }: FilePlan): string {
  switch (merged.kind) {
    case 'unchanged':
      return `${path}: already set up.\n\n`
    case 'refused':
      return `${path}: left unchanged, because ${merged.reason}. Do this by hand:\n${indented(merged.paste)}\n\n`
    case 'change': {
      const from = before === undefined ? '/dev/null' : path
      const to = merged.text === undefined ? '/dev/null' : path
      const patch = createTwoFilesPatch(from, to, before ?? '', merged.text ?? '', undefined, undefined, { context: 3 })
      // The first line is only equal signs.
      return `${escaped(patch.replace(/^=+\n/, '').trimEnd())}\n\n`
    }
  }
}

function shownEnd(clients: readonly Client[], { args, command }: AgentCommand): string {
  const steps = clients.map(({ title, next }) => `  ${title}: ${next}.\n`).join('')
  const place = [command, ...args].map(toShownText).join(' ')
  const note =
    args.length === 0
      ? ''
      : `The command \`fusesearch\` is not on the PATH, so agents call \`${place}\`. These paths are valid only on this machine; run this again if they change.\n`
  return `Written. ${note}Next:\n${steps}`
}

function indented(text: string): string {
  return escaped(text.trimEnd().replaceAll(/^/gm, '    '))
}

/** Files of a project are untrusted text: nothing in them may move the cursor. */
function escaped(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replaceAll(/[^\t]+/g, toShownText))
    .join('\n')
}
