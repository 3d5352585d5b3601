import { Command, type Option } from 'commander'
import type { CommandEntry, DefineContext } from '../command.ts'

/** What may be completed at the cursor. */
export type Candidates =
  | { readonly kind: 'words'; readonly words: readonly Word[] }
  /** The shell itself completes these best. */
  | { readonly kind: 'files' | 'folders' }
  /** A commit of this repository; undefined for the current folder's. */
  | { readonly kind: 'refs'; readonly repository: string | undefined }

export interface Word {
  readonly text: string
  readonly about: string
}

/** The meaning of the value names in help; any other name is free text. */
const FILES = new Set(['file', 'files', 'dataset', 'datasets', 'samples', 'trajectories', 'weights'])
const FOLDERS = new Set(['dir', 'run-a', 'run-b', 'folder'])
const REFS = new Set(['commit'])

const NOTHING: Candidates = { kind: 'words', words: [] }
const HELP: Word = { text: '--help', about: 'show help' }

/**
 * Completions of the last word after `fusesearch`, from the definitions of the commands.
 * `commands` is the command table.
 */
export async function candidatesFor(
  given: readonly string[],
  commands: Readonly<Record<string, CommandEntry>>,
  context: DefineContext,
): Promise<Candidates> {
  // Bash passes `--flag=value` as three words.
  const words = given.filter((word) => word !== '=')
  const earlier = words.slice(0, -1)
  const current = words.at(-1) ?? ''
  const name = earlier.find((word) => !word.startsWith('-'))
  if (name === undefined || name === 'help') return overview(current, commands)
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (entry === undefined) return NOTHING
  const command = new Command(name)
  const file = await entry.load()
  await file.define(command, context)
  return ofCommand(command, { earlier: earlier.slice(earlier.indexOf(name) + 1), current })
}

function overview(current: string, commands: Readonly<Record<string, CommandEntry>>): Candidates {
  if (current.startsWith('-')) {
    return { kind: 'words', words: [HELP, { text: '--version', about: 'print the version' }] }
  }
  return { kind: 'words', words: Object.entries(commands).map(([text, { summary }]) => ({ text, about: summary })) }
}

interface Line {
  /** The words between the command's name and the cursor. */
  readonly earlier: readonly string[]
  readonly current: string
}

function ofCommand(command: Command, { earlier, current }: Line): Candidates {
  const [first] = earlier
  const inner = command.commands.find((one) => one.name() === first)
  if (inner !== undefined) return ofCommand(inner, { earlier: earlier.slice(1), current })
  const [flag = '', value] = current.startsWith('--') && current.includes('=') ? current.split('=', 2) : []
  if (value !== undefined) return withPrefix(`${flag}=`, ofOption(optionOf(command, flag), { command, earlier }))
  const before = optionOf(command, earlier.at(-1) ?? '')
  if (before?.required) return ofOption(before, { command, earlier })
  if (current.startsWith('-'))
    return { kind: 'words', words: [...command.options.filter((option) => !option.hidden).map(toWord), HELP] }
  const inside = command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => command.commands.includes(one))
  if (inside.length > 0)
    return { kind: 'words', words: inside.map((one) => ({ text: one.name(), about: one.summary() })) }
  return ofArgument(command)
}

function optionOf(command: Command, word: string): Option | undefined {
  return word === '' ? undefined : command.options.find(({ long, short }) => long === word || short === word)
}

function ofOption(
  option: Option | undefined,
  { command, earlier }: { readonly command: Command; readonly earlier: readonly string[] },
): Candidates {
  if (option === undefined) return NOTHING
  if (option.argChoices) return { kind: 'words', words: option.argChoices.map((text) => ({ text, about: '' })) }
  const name = /[<[]([\w-]+)/.exec(option.flags)?.[1] ?? ''
  if (!REFS.has(name)) return ofName(name)
  const flag = optionOf(command, '--repo')
  const place = earlier.findIndex((word) => word === flag?.long || word === flag?.short)
  return { kind: 'refs', repository: place === -1 ? undefined : earlier[place + 1] }
}

function ofArgument(command: Command): Candidates {
  const [first] = command.registeredArguments
  if (first?.argChoices) return { kind: 'words', words: first.argChoices.map((text) => ({ text, about: '' })) }
  return ofName(first?.name() ?? '')
}

function ofName(name: string): Candidates {
  if (FILES.has(name)) return { kind: 'files' }
  return FOLDERS.has(name) ? { kind: 'folders' } : NOTHING
}

function withPrefix(prefix: string, candidates: Candidates): Candidates {
  if (candidates.kind !== 'words') return candidates
  return { kind: 'words', words: candidates.words.map(({ text, about }) => ({ text: prefix + text, about })) }
}

function toWord({ long, short, description }: Option): Word {
  return { text: long ?? short ?? '', about: description }
}
