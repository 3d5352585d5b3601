import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ensureBuilt, MAIN, runFusesearch } from './support/command.ts'
import { git, temporaryFolder, tinyRepository } from './support/folder.ts'

beforeAll(ensureBuilt)

/** Runs a script in a real shell that finds the built command on its PATH. */
function runShell(shell: string, script: string, cwd: string): { status: number | null; lines: readonly string[] } {
  const bin = temporaryFolder()
  symlinkSync(MAIN, join(bin, 'fusesearch'))
  const env = { ...process.env, HOME: bin, PATH: [bin, process.env['PATH']].join(delimiter) }
  const flags = { bash: ['--norc', '-c'], zsh: ['-f', '-c'], fish: ['--no-config', '-c'] }[shell] ?? []
  const { status, stderr, stdout } = spawnSync(shell, [...flags, script], { cwd, env, encoding: 'utf8' })
  expect(stderr).toBe('')
  return { status, lines: stdout.split('\n').filter(Boolean) }
}

/** What bash would offer behind each of these lists of words, the last word of which is begun. */
function bash(cwd: string, ...asked: readonly (readonly string[])[]): readonly (readonly string[])[] {
  // Outside of a real completion bash has no options to set.
  const script = ['source <(fusesearch completion bash)', 'compopt() { :; }']
  for (const words of asked) {
    const quoted = ['fusesearch', ...words].map((word) => `'${word}'`).join(' ')
    script.push(`COMP_WORDS=(${quoted})`, `COMP_CWORD=${words.length}`, 'COMPREPLY=()', '_fusesearch fusesearch')
    script.push(`printf '%s|' "\${COMPREPLY[@]}"; echo`)
  }
  return runShell('bash', script.join('\n'), cwd).lines.map((line) => line.split('|').filter(Boolean))
}

function fish(cwd: string, line: string): readonly string[] {
  return runShell('fish', `fusesearch completion fish | source; complete -C 'fusesearch ${line}'`, cwd).lines
}

function hasShell(shell: string): boolean {
  return spawnSync(shell, ['--version']).status === 0
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

  it('takes refs from the repository that --repo names', async () => {
    const args = ['completion', 'words', '--', 'locate', '--repo', repository(), '--rev', 'v1']
    expect((await runFusesearch(args, { cwd: temporaryFolder() })).stdout).toBe('words\nv1.4.0\t\n')
  })

  it.runIf(hasShell('fish'))('completes in fish, with descriptions', () => {
    const cwd = repository()
    expect(fish(cwd, 'loc')[0]).toMatch(/^locate\tfind the files/)
    expect(fish(cwd, 'locate --rev v')).toEqual(['v1.4.0'])
    expect(fish(cwd, 'locate --policy=emb')).toEqual(['--policy=embedded'])
  })

  it.runIf(hasShell('zsh'))('loads in zsh', () => {
    const script =
      'autoload -Uz compinit && compinit -u -D\nsource <(fusesearch completion zsh)\necho $_comps[fusesearch]'
    expect(runShell('zsh', script, temporaryFolder())).toEqual({ status: 0, lines: ['_fusesearch'] })
  })

  it('names the shells that there are', async () => {
    const { code, stderr } = await runFusesearch(['completion', 'nu'])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('bash, zsh, fish') })
  })
})
