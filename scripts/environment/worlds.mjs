// Small repositories with one fix each, as a dataset: what soaks and benches of the environment play over.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Writes `count` repositories below `folder` and a dataset of them. Repository N has the word `mark_N` in every file and
 * nowhere else; the fix changes `Core.mend` in `mark_N/core.py`.
 */
export function makeWorlds(folder, count) {
  const rows = Array.from({ length: count }, (_, index) => makeWorld(folder, index))
  const dataset = join(folder, 'tasks.jsonl')
  writeFileSync(dataset, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return { dataset, repos: join(folder, 'repos/{owner}+{name}'), count }
}

/** The mark of a repository, in a form that no other mark holds. */
export function markOf(index) {
  return `mark_${index}_`
}

function makeWorld(folder, index) {
  const root = join(folder, `repos/made+world${index}`)
  const mark = markOf(index)
  const core = (value) =>
    `class Core:\n    def mend(self):\n        return ${value}  # ${mark}\n\n\ndef spare():\n    return 0\n`
  write(root, `${mark}/core.py`, core(1))
  for (let number = 0; number < 30; number++) {
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
    problem_statement: `Core.mend of ${mark} gives 1 where 2 is due.`,
  }
}

function write(root, path, text) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
