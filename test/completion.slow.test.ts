import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ensureBuilt, MAIN, runFusesearch } from './support/command.ts'
import { git, temporaryFolder, tinyRepository } from './support/folder.ts'
import { PATIENCE_MS } from './support/patience.ts'

beforeAll(ensureBuilt)

/** Runs a script in a real shell that finds the built command on its PATH. */
function runShell(shell: string, script: string, cwd: string): { status: number | null; lines: readonly string[] } {
  const bin = temporaryFolder()
  symlinkSync(MAIN, join(bin, 'fusesearch'))
  const env = { ...process.env, HOME: bin, PATH: [bin, process.env['PATH']].join(delimiter) }
  const flags = { bash: ['--norc', '-c'], zsh: ['-f', '-c'], fish: ['--no-config', '-c'] }[shell] ?? []
  const { status, stderr, stdout } = spawnSync(shell, [...flags, script], {
    cwd,
    env,
    encoding: 'utf8',
    timeout: PATIENCE_MS,
  })
  expect(stderr).toBe('')
  return { status, lines: stdout.split('\n').filter(Boolean) }
}

/** Bash's completions for each of these lists of words, of which the last is incomplete. */
function bash(cwd: string, ...asked: readonly (readonly string[])[]): readonly (readonly string[])[] {
  // Outside a real completion, bash has no options to set.
  const script = ['source <(fusesearch completion bash)', 'compopt() { :; }']
  for (const words of asked) {
    const quoted = ['fusesearch', ...words].map((word) => `'${word}'`).join(' ')
    script.push(`COMP_WORDS=(${quoted})`, `COMP_CWORD=${words.length}`, 'COMPREPLY=()', '_fusesearch fusesearch')
    script.push(`printf '%s|' "\${COMPREPLY[@]}"; echo`)
  }
  return runShell('bash', script.join('\n'), cwd).lines.map((line) => line.split('|').filter(Boolean))
}

/** Fish's completions for each of these lines. */
function fish(cwd: string, ...asked: readonly string[]): readonly (readonly string[])[] {
  const script = [
    'fusesearch completion fish | source',
    ...asked.map((line) => `complete -C 'fusesearch ${line}'; echo end`),
  ]
  const answers: string[][] = [[]]
  for (const line of runShell('fish', script.join('\n'), cwd).lines) {
    if (line === 'end') answers.push([])
    else answers.at(-1)?.push(line)
  }
  return answers.slice(0, -1)
}

/** What these lines become when zsh, at a terminal of its own, gets each of them and the tabulator key. */
function zsh(cwd: string, lines: readonly string[]): readonly string[] {
  const ready = [
    // The line is shown, and emptied, by a key.
    'shown() { print -rn -- "<$BUFFER>"; BUFFER= }; zle -N shown; bindkey "^T" shown; PS1=; setopt no_beep',
    'autoload -Uz compinit && compinit -u -D; source <(fusesearch completion zsh); print -rn "<re""ady>"',
  ]
  const script = `zmodload zsh/zpty; zpty z 'zsh -f -i'
heard() { local text; zpty -r z text "*<$1>*"; print -r -- \${\${text##*<}%%>*} }
zpty -w z '${ready.join('; ')}'; heard ready >/dev/null
for line in ${lines.map((line) => `'${line}'`).join(' ')}; do zpty -w -n z "fusesearch $line"$'\\t\\x14'; heard '*'; done
zpty -d z`
  return runShell('zsh', script, cwd).lines.map((line) => line.replace(/^fusesearch /, ''))
}

/** Whether a shell is on this machine; its tests are skipped, and say so, where it isn't. */
function hasShell(shell: string): boolean {
  const isThere = spawnSync(shell, ['--version']).status === 0
  if (!isThere) process.stderr.write(`test/completion.test.ts: skipped for ${shell}, which is not installed\n`)
  return isThere
}

function repository(): string {
  const folder = tinyRepository()
  git(folder, 'branch', 'release-2')
  git(folder, 'tag', 'v1.4.0')
  mkdirSync(join(folder, 'a folder'))
  return folder
}

describe('fusesearch completion', () => {
  it('completes commands, flags, choices, refs, files and folders in bash', () => {
    const cwd = repository()
    const offered: readonly (readonly [words: readonly string[], offers: readonly string[]])[] = [
      [['lo'], ['locate']],
      [
        ['locate', '--re'],
        ['--repo', '--rev', '--repo-filter'],
      ],
      [['locate', '--policy', 'emb'], ['embedded']],
      [['locate', '--policy', '=', 'emb'], ['embedded']],
      [['locate', '--rev', 'v'], ['v1.4.0']],
      [['locate', '--rev', 'rel'], ['release-2']],
      [['locate', '--repo', 'a'], ['a folder']],
      [['replay', 'sho'], ['shop']],
      [['models', 'c'], ['check']],
      [
        ['completion', ''],
        ['bash', 'zsh', 'fish'],
      ],
      [['nonsense', ''], []],
    ]
    const answers = bash(cwd, ...offered.map(([words]) => words))
    expect(answers).toEqual(offered.map(([, offers]) => offers))
  })

  it('takes refs from the repository of --repo', async () => {
    const args = ['completion', 'words', '--', 'locate', '--repo', repository(), '--rev', 'v1']
    expect((await runFusesearch(args, { cwd: temporaryFolder() })).stdout).toBe('words\nv1.4.0\t\n')
  })

  it.runIf(hasShell('fish'))('completes in fish, with descriptions', () => {
    const offered: readonly (readonly [line: string, offers: readonly unknown[]])[] = [
      ['loc', [expect.stringMatching(/^locate\tfind the files/)]],
      ['locate --rev v', ['v1.4.0']],
      ['locate --policy=emb', ['--policy=embedded']],
      ['locate --repo a', ['a folder/\tDirectory']],
      ['locate --repo=a', ['--repo=a folder/\tDirectory']],
      ['replay sho', ['shop/']],
    ]
    const answers = fish(repository(), ...offered.map(([line]) => line))
    expect(answers).toEqual(offered.map(([, offers]) => offers))
  })

  it.runIf(hasShell('zsh'))('completes at a prompt of zsh', () => {
    const lines = ['loc', 'locate --policy emb', 'locate --rev v', 'locate --repo a', 'locate --repo=a', 'replay sho']
    expect(zsh(repository(), lines)).toEqual([
      'locate ',
      'locate --policy embedded ',
      'locate --rev v1.4.0 ',
      String.raw`locate --repo a\ folder/`,
      String.raw`locate --repo=a\ folder/`,
      'replay shop/',
    ])
  })

  it('names the supported shells', async () => {
    const { code, stderr } = await runFusesearch(['completion', 'nu'])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('bash, zsh, fish') })
  })
})
