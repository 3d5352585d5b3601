// The searched tree of a soak run, and the files outside it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

/** From the last private plane of Unicode, which no text uses: one such character in an answer is a leak. */
const CANARY = Array.from({ length: 256 }, (_, index) => String.fromCodePoint(0x10f000 + index)).join('')
const CANARY_SHOWN = /[\u{10f000}-\u{10f0ff}]|\\u\{?10f0|\\udbfc/iu

const CART = `class Cart:
    def __init__(self):
        self.items = []

    def apply_discount(self, percent):
        """Takes percent off the total."""
        return sum(self.items) * (100 - percent) / 100
`

/** Makes a folder with `root` (searched), `outside` (the canary) and `temporary` (the servers' own). */
export function makeTree(repo) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-soak-')))
  const [root, outside, temporary] = ['root', 'outside', 'temporary'].map((name) => join(folder, name))
  if (repo === undefined) mkdirSync(root)
  else cpSync(repo, root, { recursive: true, verbatimSymlinks: true, filter: (path) => basename(path) !== '.git' })
  for (const path of [outside, temporary]) mkdirSync(path)
  writeFileSync(join(outside, 'secret.py'), `def apply_discount():\n    return "${CANARY}"\n`.repeat(20))
  writeFileSync(join(outside, `${CANARY.slice(0, 20)}.py`), 'def apply_discount(): pass\n')
  mkdirSync(join(outside, 'deep'))
  cpSync(join(outside, 'secret.py'), join(outside, 'deep/secret.py'))
  writeFiles(root)
  addGit(root)
  addTracked(root, outside)
  addLinks(root, outside)
  return { folder, root, outside, temporary, canary: CANARY }
}

/** True if an answer shows anything of the canary, plain or escaped. */
export function showsCanary(text) {
  return CANARY_SHOWN.test(text)
}

/** Changes if anything below the folder does: names, kinds, contents, targets of links, times. */
export function digestTree(folder) {
  const hash = createHash('sha256')
  const entries = readdirSync(Buffer.from(folder), { encoding: 'buffer', recursive: false })
  for (const name of entries.sort((a, b) => Buffer.compare(a, b))) {
    const path = Buffer.concat([Buffer.from(`${folder}/`), name])
    const facts = lstatSync(path)
    hash.update(name).update(`\0${facts.mode} ${facts.size} ${facts.mtimeMs}\0`)
    if (facts.isSymbolicLink()) hash.update(readlinkSync(path, 'buffer'))
    if (facts.isFile()) hash.update(readFileSync(path))
    if (facts.isDirectory()) hash.update(digestTree(path.toString()))
  }
  return hash.digest('hex')
}

function writeFiles(root) {
  const write = (path, text) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  write('shop/cart.py', CART)
  write('shop/views.py', 'from shop.cart import Cart\n\n\ndef checkout(cart):\n    return cart.apply_discount(10)\n')
  write('shop/tests/test_cart.py', 'def test_apply_discount():\n    assert True\n')
  write('web/cart.ts', 'export function applyDiscount(total: number): number {\n  return total\n}\n')
  for (let number = 0; number < 60; number++) {
    write(`modules/module${number}.py`, `def step${number}(discount):\n    return discount + ${number}\n`)
  }
  write('long-line.js', `const data = "${'discount '.repeat(100_000)}"\n`)
  write('binary.bin', Buffer.from([0, 1, 2, 255, 254, 0]))
  write('latin.py', Buffer.from('def caf\xe9(): return "discount"\n', 'latin1'))
  for (const name of HOSTILE_NAMES) write(`names/${name}`, 'def apply_discount(): pass\n')
  writeFileSync(Buffer.concat([Buffer.from(`${root}/names/`), Buffer.from([0x66, 0xff, 0xfe])]), 'discount\n')
}

const HOSTILE_NAMES = [
  '-e discount.py',
  '--pre=sh',
  'two\nlines.py',
  'a [b] {c,d} *.py',
  '$(touch made).py',
  '`touch made`.py',
  'back\\slash.py',
  '\u202egnp.py',
  `${'n'.repeat(250)}.py`,
]

/** Git's own files contain secrets; a folder in it has its own repository. */
function addGit(root) {
  for (const place of [root, join(root, 'nested')]) {
    mkdirSync(place, { recursive: true })
    spawnSync('git', ['init', '--quiet', '--template=', place])
    appendFileSync(join(place, '.git/config'), `[remote "x"]\n\turl = https://${CANARY}@example.org/apply_discount\n`)
    writeFileSync(join(place, '.git/secret.py'), `def apply_discount():\n    return "${CANARY}"\n`)
  }
  writeFileSync(join(root, 'nested/own.py'), 'def apply_discount(): pass\n')
}

/**
 * Files that git tracks and ignores, which are searched, and in their places links out, a pipe and a folder. Two names in
 * the index are changed into others of the same length, which git would not add: one outside, one of git's own.
 */
function addTracked(root, outside) {
  const names = ['tracked/link.py', 'tracked/linked/index.py', 'tracked/pipe.py', 'tracked/folder.py']
  const renamed = { 'up/outside/index.py': '../outside/index.py', 'agit/index.py': '.git/index.py' }
  const files = [...names, 'tracked/own.py', ...Object.keys(renamed)]
  for (const path of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), 'def apply_discount(): pass\n')
  }
  spawnSync('git', ['-C', root, 'add', ...files])
  const index = join(root, '.git/index')
  const bytes = Object.entries(renamed).reduce((text, pair) => text.replace(...pair), readFileSync(index, 'latin1'))
  writeFileSync(index, bytes, 'latin1')
  for (const path of [join(outside, 'index.py'), join(root, '.git/index.py')]) {
    writeFileSync(path, `def apply_discount():\n    return "${CANARY}"\n`)
  }
  for (const path of ['tracked/link.py', 'tracked/linked', 'tracked/pipe.py', 'tracked/folder.py', 'up', 'agit']) {
    rmSync(join(root, path), { recursive: true })
  }
  symlinkSync('../../outside/index.py', join(root, 'tracked/link.py'))
  symlinkSync('../../outside', join(root, 'tracked/linked'))
  spawnSync('mkfifo', [join(root, 'tracked/pipe.py')])
  mkdirSync(join(root, 'tracked/folder.py'))
  writeFileSync(join(root, 'tracked/folder.py/inner.py'), 'def apply_discount(): pass\n')
  writeFileSync(join(root, '.gitignore'), '/tracked/\nindex.py\n')
}

/** Folders with pipes in place of git's files, ignore files and sources: opening one waits for a writer. */
export const PIPED = {
  'piped/git': ['.git/HEAD', '.git/packed-refs', '.git/objects/info/alternates', '.git/info/exclude'],
  'piped/link': ['.git'],
  'piped/ignore': ['.gitignore', '.ignore', '.rgignore'],
  'piped/source': ['wait.py', 'deep/wait.py'],
}

export function addPipes({ root }) {
  for (const [folder, pipes] of Object.entries(PIPED)) {
    for (const pipe of pipes) {
      mkdirSync(dirname(join(root, folder, pipe)), { recursive: true })
      spawnSync('mkfifo', [join(root, folder, pipe)])
    }
    writeFileSync(join(root, folder, 'own.py'), 'def apply_discount(): pass\n')
  }
}

/** A folder whose `inner` is exchanged for a link during a search. Returns its path. */
export function addSwapped({ root }) {
  for (const path of ['inner/secret.py', 'inner/deep/secret.py']) {
    mkdirSync(dirname(join(root, 'swapped', path)), { recursive: true })
    writeFileSync(join(root, 'swapped', path), 'def apply_discount():\n    return 1\n')
  }
  return join(root, 'swapped/inner')
}

function addLinks(root, outside) {
  const links = {
    'link.py': join(outside, 'secret.py'),
    linked: outside,
    'shop/up': '../..',
    'shop/relative.py': '../../outside/secret.py',
    chain: 'linked',
    loop: 'loop',
    environment: '/proc/self/environ',
    here: '.',
    records: '.git',
  }
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(root, path))
  // Opening it waits forever.
  spawnSync('mkfifo', [join(root, 'pipe.py')])
}
