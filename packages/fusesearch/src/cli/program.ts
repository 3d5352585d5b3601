import { Command, CommanderError, type Option } from 'commander'
import type { CommandEntry, ExitCode, Terminal } from './command.ts'
import { COMMANDS } from './commands.ts'
import { toShownText } from './render/shown-text.ts'

const HELP_AFTER = `
Start with:
  $ fusesearch locate "Crash when the config file is empty"
  $ fusesearch locate --help`

/**
 * Runs the command line and resolves to its exit code. Only the file of the called command is loaded.
 * Rejects with what a command throws; `main` reports it.
 */
export async function runProgram(argv: readonly string[], terminal: Terminal, version: string): Promise<ExitCode> {
  let exitCode: ExitCode = 0
  const called = calledIn(argv)
  const program = createProgram(terminal, version, argv)
  const asksHelp = called === 'help' ? argv[argv.indexOf('help') + 1] : undefined
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    // If the first word is a command, only that one is needed.
    if (commandOf(argv[0]) !== undefined && name !== called) continue
    const command = program.command(name).summary(summary).description(toSentence(summary))
    if (name !== called && name !== asksHelp) continue
    const file = await load()
    await file.define(command, {
      terminal,
      commands: COMMANDS,
      action:
        (run) =>
        async (...args) => {
          exitCode = await run(...args)
        },
    })
  }
  try {
    await program.parseAsync(wordsOf(argv), { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    throw error
  }
}

/** True if the called command ends soon; see {@link CommandEntry}. */
export function isBrief(argv: readonly string[]): boolean {
  return commandOf(calledIn(argv))?.isBrief === true
}

function calledIn(argv: readonly string[]): string | undefined {
  return argv.find((argument) => !argument.startsWith('-'))
}

function commandOf(name: string | undefined): CommandEntry | undefined {
  return name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
}

/** Arguments for commander, which would show the overview for the help of an unknown command. */
function wordsOf(argv: readonly string[]): string[] {
  const called = argv.filter((word) => !word.startsWith('-'))
  const name = called[0] === 'help' ? called[1] : called[0]
  if (name !== undefined && name !== 'help' && !Object.hasOwn(COMMANDS, name)) return [name]
  return argv.length === 0 ? ['--help'] : [...argv]
}

function createProgram(terminal: Terminal, version: string, argv: readonly string[]): Command {
  // Sub-commands inherit these settings.
  const program: Command = new Command('fusesearch')
    .description('Finds where code must change: files, functions and line ranges for an issue, with evidence.')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .addHelpText('after', HELP_AFTER)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureHelp({ optionDescription })
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: (text, write) => write(usageError(text, `fusesearch ${namesOf(program, argv).join('')}--help`)),
      getOutHelpWidth: () => Math.min(terminal.stdout.columns ?? 80, 100),
    })
  return program
}

/** The description followed by choices and default, each once; not for a flag that is off by default. */
function optionDescription({ argChoices, defaultValue, defaultValueDescription, description }: Option): string {
  const hasDefault = defaultValue !== undefined && defaultValue !== false && !description.includes('(default')
  const shown = Array.isArray(defaultValue) ? defaultValue.join(',') : String(defaultValue)
  const facts = [
    ...(argChoices === undefined ? [] : [`choices: ${argChoices.join(', ')}`]),
    ...(hasDefault && shown !== '' ? [`default: ${defaultValueDescription ?? shown}`] : []),
  ]
  return facts.length === 0 ? description : `${description} (${facts.join('; ')})`
}

/** The called command and its sub-commands, each followed by a space. */
function namesOf(program: Command, argv: readonly string[]): readonly string[] {
  const words = argv.filter((argument) => !argument.startsWith('-'))
  const names: string[] = []
  let command = program
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word)
    if (next === undefined) return names
    names.push(`${word} `)
    command = next
  }
  return names
}

function toSentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
}

/** Commander prints the error on one line and a guess on the next; this makes one line with the next step. */
function usageError(text: string, help: string): string {
  const [fact = '', ...guesses] = text.trim().split('\n')
  const sentence = fact
    .replace(/^error: /, '')
    .replace(/^command-argument value '(.*)' is invalid for argument '([\w-]+)'/, "the $2 '$1' is invalid")
    .replace(/\.$/, '')
    .replaceAll('. ', ': ')
  const guess = guesses.map((line) => ` ${line.trim().replace('Did', 'did')}`).join('')
  return `fusesearch: ${toShownText(sentence + guess)}. See \`${help}\`.\n`
}
