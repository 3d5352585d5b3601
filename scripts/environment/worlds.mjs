// Small repositories with one fix each, as a dataset, for soaks and benches of the environment.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Writes `count` repositories below `folder` and a dataset of them. Repository N has its mark in every file, and no
 * other has it unless `mark` says so; the fix changes `Core.mend` in `core.py` of the folder of that name, beside
 * `parts` others. `remark` is appended to its issue.
 */
export function makeWorlds(folder, count, { parts = 30, mark = markOf, remark = () => '' } = {}) {
  const rows = Array.from({ length: count }, (_, index) =>
    makeWorld(folder, index, { parts, mark: mark(index), remark: remark(index) }),
  )
  const dataset = join(folder, 'tasks.jsonl')
  writeFileSync(dataset, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return { dataset, repos: join(folder, 'repos/{owner}+{name}'), count }
}

/** The mark of a repository, which isn't part of any other mark. */
export function markOf(index) {
  return `mark_${index}_`
}

function makeWorld(folder, index, { parts, mark, remark }) {
  const root = join(folder, `repos/made+world${index}`)
  const core = (value) =>
    `class Core:\n    def mend(self):\n        return ${value}  # ${mark}\n\n\ndef spare():\n    return 0\n`
  write(root, `${mark}/core.py`, core(1))
  for (let number = 0; number < parts; number++) {
    write(
      root,
      `${mark}/part${number}.py`,
      `def step${number}(value):\n    """${mark} step"""\n    return value + ${number}\n`,
    )
  }
  const git = (...args) => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' })
  const commit = (message) => {
    git('add', '--all')
    git('-c', 'user.name=Made', '-c', 'user.email=made@example.org', 'commit', '--quiet', '-m', message)
    return git('rev-parse', 'HEAD').trim()
  }
  git('init', '--quiet', '--initial-branch=main')
  const base = commit('first')
  write(root, `${mark}/core.py`, core(2))
  commit('fix')
  return {
    instance_id: `world-${index}`,
    repo: `made/world${index}`,
    base_commit: base,
    patch: git('diff', base, 'HEAD'),
    problem_statement: `Core.mend of ${mark} gives 1 where 2 is due.${remark}`,
  }
}

function write(root, path, text) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
