import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { folderOfRun } from './run-folder.ts'

/** A temporary folder of the running test. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-test-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes files below a folder; keys are paths with `/`. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  for (const [path, contents] of Object.entries(files)) {
    const place = join(folder, path)
    mkdirSync(dirname(place), { recursive: true })
    writeFileSync(place, contents)
  }
  return folder
}

/** A git repository with one commit of these files. */
export function tinyRepository(files: Readonly<Record<string, string | Uint8Array>> = SHOP): string {
  const folder = temporaryFolder()
  if (files === SHOP) cpSync(sharedShop(), folder, { recursive: true })
  else commitFirst(writeFiles(folder, files))
  return folder
}

let shop: string | undefined

/** The shop as a repository shared by all tests of a worker, for those that only read it. */
export function sharedShop(): string {
  shop ??= commitFirst(writeFiles(lastingFolder(), SHOP))
  return shop
}

/** A temporary folder of this worker, which is removed when all tests have ended. */
export function lastingFolder(): string {
  const folder = folderOfRun(process.ppid)
  mkdirSync(folder, { recursive: true })
  return realpathSync(mkdtempSync(join(folder, 'lasting-')))
}

/** Makes a folder a repository whose first commit has all of its files, and returns the folder. */
export function commitFirst(folder: string, message = 'first'): string {
  // Without template except its empty folders: its dozen sample hooks would be copied and removed with each repository.
  const init = ['init', '--quiet', '--initial-branch=main', '--template=']
  gitAll(folder, init, ['add', '--all'], ['commit', '--quiet', '-m', message])
  for (const name of ['hooks', 'info']) mkdirSync(join(folder, '.git', name), { recursive: true })
  return folder
}

export function commitAll(folder: string, message: string): void {
  gitAll(folder, ['add', '--all'], ['commit', '--quiet', '-m', message])
}

/**
 * Makes a folder a repository with a commit for each of these sets of files, which add to those of the commit before.
 * Git runs three times however many commits there are.
 */
export function importCommits(folder: string, commits: readonly Readonly<Record<string, string>>[]): void {
  const stream = commits.map((files, index) => {
    const changes = Object.entries(files).map(
      ([path, text]) => `M 100644 inline ${JSON.stringify(path)}\n${data(text)}`,
    )
    const who = `committer Test <test@example.org> ${1_700_000_000 + index} +0000`
    return `commit refs/heads/main\n${who}\n${data(`commit ${index}`)}${changes.join('')}`
  })
  mkdirSync(folder, { recursive: true })
  git(folder, 'init', '--quiet', '--initial-branch=main', '--template=')
  execFileSync('git', ['-C', folder, 'fast-import', '--quiet'], {
    input: stream.join(''),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  git(folder, 'reset', '--quiet', '--hard')
}

/** A text as `git fast-import` reads it. */
function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`
}

/** Each commit of a repository with its patch, the oldest first. */
export function patchesOf(folder: string): readonly { readonly commit: string; readonly patch: string }[] {
  const log = git(folder, 'log', '--reverse', '--patch', '--no-color', '--format=%x00%H')
  return log
    .split('\0')
    .slice(1)
    .map((entry) => ({ commit: entry.slice(0, 40), patch: entry.slice(42) }))
}

/**
 * Runs git several times, from one shell: a worker that has run many files is large, and each process that it starts
 * costs it 20 ms.
 */
function gitAll(folder: string, ...commands: readonly (readonly string[])[]): void {
  const words = (command: readonly string[]): string =>
    ['git', '-C', folder, ...IDENTITY, ...command].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  execFileSync('/bin/sh', ['-c', commands.map(words).join(' && ')], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** The user who runs the tests may have no name for commits. Background maintenance would outlive a commit. */
const IDENTITY = ['user.name=Test', 'user.email=test@example.org', 'maintenance.auto=false', 'gc.auto=0'].flatMap(
  (setting) => ['-c', setting],
)

export function git(folder: string, ...args: string[]): string {
  return execFileSync('git', ['-C', folder, ...IDENTITY, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** A small shop: the issue below belongs to `Cart.apply_discount` in shop/cart.py, lines 10 to 14. */
export const SHOP = {
  'shop/__init__.py': '',
  'shop/cart.py': `"""The shopping cart."""


class Cart:
    """Holds items until checkout."""

    def __init__(self):
        self.items = []

    def apply_discount(self, percent):
        """Lowers every price by a percentage."""
        for item in self.items:
            item.price = item.price * (100 - percent) // 100
        return self.total()

    def total(self):
        return sum(item.price for item in self.items)
`,
  'shop/catalog.py': `"""What is for sale."""


def find_product(name, products):
    for product in products:
        if product.name == name:
            return product
    raise KeyError(name)
`,
  'tests/test_cart.py': `from shop.cart import Cart


def test_total_of_empty_cart():
    assert Cart().total() == 0
`,
  'README.md': '# Shop\n\nA cart and a catalog.\n',
} as const

export const SHOP_ISSUE =
  'Cart.apply_discount rounds the wrong way\n\nWith a price of 99 and 10 percent, apply_discount gives 89, but it should give 89.1 rounded up. See apply_discount in the cart.'
