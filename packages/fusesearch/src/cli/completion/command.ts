import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Argument, type Command } from 'commander'
import { refNames, repositoryAt } from '../../git/index.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { toShownText } from '../render/shown-text.ts'
import { type Candidates, candidatesFor, type Word } from './candidates.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

const HELP_AFTER = `
Add the line to your shell's startup file:
  bash  ~/.bashrc                    source <(fusesearch completion bash)
  zsh   ~/.zshrc, after compinit     source <(fusesearch completion zsh)
  fish  ~/.config/fish/config.fish   fusesearch completion fish | source`

export function define(command: Command, context: DefineContext): void {
  const { action, terminal } = context
  command
    .usage('[options] <shell>')
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS))
    .addHelpText('after', HELP_AFTER)
    .action(action((shell: string) => print(shell, terminal)))
  // Called by the scripts with the words after `fusesearch`, of which the last one is incomplete.
  command
    .command('words', { hidden: true })
    .argument('[words...]')
    .action(action((words: readonly string[]) => printWords(words, context)))
}

async function print(shell: string, { stdout }: Terminal): Promise<ExitCode> {
  stdout.write(readFileSync(new URL(`./${shell}.txt`, import.meta.url), 'utf8'))
  return 0
}

/** A line with the kind of completion, then each candidate with a tab and its description. */
async function printWords(words: readonly string[], context: DefineContext): Promise<ExitCode> {
  const { commands, terminal } = context
  const candidates = await candidatesFor(words, commands, context)
  const current = words.at(-1) ?? ''
  const found = await wordsOf(candidates, terminal)
  const fitting = found.filter(({ text }) => text.startsWith(current === '=' ? '' : current))
  const kind = candidates.kind === 'refs' ? 'words' : candidates.kind
  const lines = fitting.map(({ text, about }) => `${toShownText(text)}\t${toShownText(about)}`)
  terminal.stdout.write([kind, ...lines].map((line) => `${line}\n`).join(''))
  return 0
}

async function wordsOf(candidates: Candidates, { cwd, env, signal }: Terminal): Promise<readonly Word[]> {
  if (candidates.kind === 'words') return candidates.words
  if (candidates.kind !== 'refs') return []
  const path = resolve(cwd, candidates.repository ?? '.')
  const repository = await repositoryAt({ path, environment: env, anywhereInside: true, signal })
  const refs = await refNames(repository, signal)
  return ['HEAD', ...refs].map((text) => ({ text, about: '' }))
}
