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

/** What bash would offer behind these words, the last of which is begun. */
function bash(cwd: string, ...words: readonly string[]): readonly string[] {
  const quoted = ['fusesearch', ...words].map((word) => `'${word}'`).join(' ')
  const script = [
    'source <(fusesearch completion bash)',
    `COMP_WORDS=(${quoted})`,
    `COMP_CWORD=${words.length}`,
    // Outside of a real completion bash has no options to set.
    'compopt() { :; }',
    '_fusesearch fusesearch',
    `printf '%s\\n' "\${COMPREPLY[@]}"`,
  ]
  return runShell('bash', script.join('\n'), cwd).lines
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
    expect(bash(cwd, 'lo')).toEqual(['locate'])
    expect(bash(cwd, 'locate', '--re')).toEqual(['--repo', '--rev'])
    expect(bash(cwd, 'locate', '--policy', 'emb')).toEqual(['embedded'])
    expect(bash(cwd, 'locate', '--policy', '=', 'emb')).toEqual(['embedded'])
    expect(bash(cwd, 'locate', '--rev', 'v')).toEqual(['v1.4.0'])
    expect(bash(cwd, 'locate', '--rev', 'rel')).toEqual(['release-2'])
    expect(bash(cwd, 'locate', '--repo', 'a')).toEqual(['a folder'])
    expect(bash(cwd, 'replay', 'sho')).toEqual(['shop'])
    expect(bash(cwd, 'models', 'c')).toEqual(['check'])
    expect(bash(cwd, 'completion', '')).toEqual(['bash', 'zsh', 'fish'])
    expect(bash(cwd, 'nonsense', '')).toEqual([])
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
