import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commitAll, git, temporaryFolder, tinyRepository, writeFiles } from './folder.ts'

const PATCH = `diff --git a/shop/cart.py b/shop/cart.py
--- a/shop/cart.py
+++ b/shop/cart.py
@@ -10,5 +10,5 @@
     def apply_discount(self, percent):
         """Lowers every price by a percentage."""
         for item in self.items:
-            item.price = item.price * (100 - percent) // 100
+            item.price = item.price * (100 - percent) / 100
         return self.total()
`

/** What the tests read of a row. */
export interface Row {
  readonly id: string
  readonly policy: string
  readonly status: string
  readonly trajectory: string | null
  readonly error?: { readonly code: string }
}

/** A repository whose fix is a later commit, and a dataset of three good instances and one with an unknown commit. */
export function makeDataset(): { folder: string; dataset: string; flags: string[] } {
  const repository = tinyRepository()
  const base = git(repository, 'rev-parse', 'HEAD').trim()
  writeFiles(repository, { 'shop/later.py': 'def apply_discount_later():\n    """discount discount discount"""\n' })
  commitAll(repository, 'later')
  const folder = temporaryFolder()
  const rows = [instance('s-1', base), instance('s-2', base), instance('s-3', base), instance('s-4', 'f'.repeat(40))]
  const dataset = join(folder, 'tiny.jsonl')
  writeFileSync(dataset, `${rows.join('\n')}\n`)
  return { folder, dataset, flags: ['--repos', repository, '--cache', join(folder, 'cache')] }
}

const ROUNDING = 'apply_discount rounds the price down: 5% of 99 is lost. Cart.apply_discount should not.'

/** A row of the dataset, as a line. */
export function instance(id: string, commit: string, issue = ROUNDING): string {
  return JSON.stringify({
    instance_id: id,
    repo: 'tiny/shop',
    base_commit: commit,
    problem_statement: issue,
    patch: PATCH,
  })
}

/** The rows of a run's folder. */
export function readRows(folder: string): Row[] {
  const text = readFileSync(join(folder, 'rows.jsonl'), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
}
