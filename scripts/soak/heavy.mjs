// Inputs that are expensive to read, match or parse, each searched by a separate `locate`, and the cost.
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const MEGABYTE = 1_000_000
const MAX_CPU_SECONDS = 5
const MAX_PEAK_BYTES = 500 * MEGABYTE
const KILOBYTES = 1024
const ISSUE = `Cart.applyDiscount and apply_discount ignore the percent when the cart is empty
${[0, 1, 2, 3].map((n) => `    at o (dist/cart${n}.js:1:${n}20)`).join('\n')}`

/**
 * The shell's `times` has the processor time of everything below it; the hook reports the memory of the command alone.
 */
const MEASURE = '"$0" "$@" >/dev/null 2>&1; code=$?; times; exit $code'
const HOOK = `data:text/javascript,${encodeURIComponent(`import { writeSync } from 'node:fs'
process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)))`)}`

/** Runs `locate` on each input. Returns the cost of each run, and the runs that exceeded their limit. */
export async function searchHeavy({ main, folder }) {
  const rows = []
  for (const [name, files] of Object.entries(HEAVY)) {
    const root = join(folder, 'heavy')
    write(root, { ...ORDINARY, ...files() })
    rows.push({ name, ...(await measure([main, 'locate', '--repo', root, '--json', ISSUE])) })
    rmSync(root, { recursive: true })
  }
  return { rows, wrong: rows.flatMap(wrongWith) }
}

/** A line for people. */
export function showHeavy({ name, cpuSeconds, peakBytes, seconds }) {
  return `locate, ${name}: ${cpuSeconds} s of processor time in ${seconds} s, ${Math.round(peakBytes / MEGABYTE)} MB`
}

function wrongWith({ name, code, cpuSeconds, peakBytes }) {
  return [
    ...(code === 0 || code === 1 ? [] : [`${name}: locate ended with ${code}`]),
    ...(cpuSeconds > MAX_CPU_SECONDS ? [`${name}: ${cpuSeconds} s of processor time`] : []),
    ...(peakBytes > MAX_PEAK_BYTES ? [`${name}: ${Math.round(peakBytes / MEGABYTE)} MB of memory`] : []),
  ]
}

async function measure(args) {
  const started = performance.now()
  const stdio = ['ignore', 'pipe', 'ignore', 'pipe']
  const child = spawn('sh', ['-c', MEASURE, process.execPath, '--import', HOOK, ...args], { stdio })
  const [times, memory] = [textOf(child.stdout), textOf(child.stdio[3])]
  const code = await new Promise((resolve) => child.once('close', resolve))
  const [, ofChildren = ''] = (await times).trim().split('\n')
  const seconds = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, rest]) => Number(minutes) * 60 + +rest)
  return {
    code,
    cpuSeconds: rounded(seconds.reduce((sum, one) => sum + one, 0)),
    seconds: rounded((performance.now() - started) / 1_000),
    peakBytes: Number(await memory) * KILOBYTES,
  }
}

async function textOf(stream) {
  let text = ''
  for await (const piece of stream) text += piece
  return text
}

function rounded(seconds) {
  return Math.round(seconds * 100) / 100
}

function write(root, files) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

const ORDINARY = {
  'shop/cart.py':
    'class Cart:\n    def apply_discount(self, percent):\n        return self.total * (100 - percent) / 100\n',
  'shop/views.py': 'def checkout(cart):\n    return cart.apply_discount(10)\n',
}

const SWIFT = (n) => `  /// Applies the discount number ${n}.
  func applyDiscount${n}(_ percent: Int, to cart: [Item], where isKept: (Item) -> Bool = { $0.price > ${n} }) throws -> Int? {
    guard !cart.isEmpty, let first = cart.first else { return nil }
    let total = cart.filter(isKept).map { $0.price * (100 - percent) / 100 }.reduce(0, +)
    return total > ${n} ? total : first.price
  }
`
const LOREM =
  'Lorem ipsum, the cart applyDiscount of dolor sit amet (consectetur) adipiscing elit; apply_discount do.\n'
const MATCHING = 'total = cart.apply_discount(percent) if cart else cart.applyDiscount(percent) # apply_discount\n'
const WRONG = 'swift kt java scala cpp cs go rb rs php ts js py'.split(' ')

/** Files by path, created when needed, because some are large. */
const HEAVY = {
  'nothing of the kind': () => ({}),
  'Swift, 1 MB': () => ({ 'Cart.swift': swift(MEGABYTE) }),
  'Swift, 5 MB': () => ({ 'Cart.swift': swift(5 * MEGABYTE) }),
  'Swift, 20 files of 300 kB': () => many(20, (n) => [`Cart${n}.swift`, `// ${n}\n${swift(300_000)}`]),
  'Swift, strings without end': () => ({ 'Cart.swift': `func applyDiscount() {}\n${'#if a\n#"x\n'.repeat(90_000)}` }),
  '20 files of 9.9 MB of matching lines': () =>
    many(20, (n) => [`cart${n}.py`, `# ${n}\n${MATCHING.repeat(9_900_000 / MATCHING.length)}`]),
  '20 texts of 9.9 MB of matching lines': () =>
    many(20, (n) => [`cart${n}.txt`, `${n}\n${MATCHING.repeat(9_900_000 / MATCHING.length)}`]),
  'one matching line of 9.9 MB': () => ({ 'cart.js': 'applyDiscount(cart);'.repeat(495_000) }),
  'Python, 100 kB of minus signs': () => ({ 'cart.py': `def apply_discount(a):\n${' - \n'.repeat(25_000)}` }),
  'Python, 20 files of minus signs': () =>
    many(20, (n) => [`cart${n}.py`, `def apply_discount${n}(a):\n${' - \n'.repeat(25_000 + n)}`]),
  'text in a wrong language': () =>
    Object.fromEntries(WRONG.map((ending, n) => [`cart.${ending}`, LOREM.repeat(4_000 + n)])),
  'a megabyte in a wrong language': () =>
    Object.fromEntries(WRONG.map((ending, n) => [`cart.${ending}`, LOREM.repeat(9_500 + n)])),
  'operators in every language': () =>
    Object.fromEntries(
      WRONG.map((ending, n) => [`cart.${ending}`, `applyDiscount ${'a+-*/&|^!~?:b.c->d=>e::f\n'.repeat(30_000 + n)}`]),
    ),
  'minified, 20 files of 1 MB': () =>
    many(20, (n) => [`cart${n}.js`, `function applyDiscount${n}(a){return a};`.repeat(25_000)]),
  'nearly minified, 20 files of 1 MB': () =>
    many(20, (n) => [`cart${n}.js`, `${`function applyDiscount${n}(a){return a};`.repeat(45)}\n`.repeat(540)]),
  'brackets that stay open': () =>
    Object.fromEntries(WRONG.map((ending) => [`cart.${ending}`, `applyDiscount ${'a<(\n'.repeat(900)}`])),
  'data and documents of 1 MB': () => documents(MEGABYTE),
  'data and documents of 9 MB': () => documents(9 * MEGABYTE),
  'source maps of 10 MB': () => many(4, (n) => [`dist/cart${n}.js.map`, sourceMap(9_900_000)]),
  '20,000 small files': () => many(20_000, (n) => [`part${n % 200}/cart${n}.py`, `def apply_discount${n}(): pass\n`]),
}

function swift(chars) {
  let text = ''
  for (let n = 0; text.length < chars; n++) text += SWIFT(n)
  return `final class Cart {\n${text.slice(0, chars)}}\n`
}

/** As many mappings as are read, and the source's text. */
function sourceMap(bytes) {
  const mappings = 'C,'.repeat(MEGABYTE - 1)
  const source = LOREM.repeat((bytes - mappings.length - KILOBYTES) / LOREM.length)
  return JSON.stringify({ version: 3, sources: ['../shop/cart.py'], sourcesContent: [source], mappings })
}

function many(count, make) {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => make(n)))
}

/** One file of each format, with many short entries. */
function documents(chars) {
  const entries = {
    'cart.md': (n) => `## applyDiscount ${n}\n\n- the cart \`apply_discount\` [a](b) | c | d\n\n`,
    'cart.json': (n) => `{"applyDiscount${n}": {"name": "cart ${n}", "values": [1, 2, {"a": null}]}},\n`,
    'cart.yaml': (n) => `applyDiscount${n}:\n  - name: cart\n    run: |\n      echo apply_discount\n`,
    'cart.xml': (n) => `<cart id="applyDiscount${n}"><item name="a">b</item></cart>\n`,
    'cart.html': (n) => `<div id="applyDiscount${n}"><p>the cart</p><br></div>\n`,
    'cart.sql': (n) => `CREATE TABLE applyDiscount${n} (id INT, cart TEXT);\nINSERT INTO a VALUES (${n}, 'b');\n`,
    'cart.css': (n) => `.applyDiscount${n} > a:hover { color: red; --cart: 1px }\n`,
    'cart.sh': (n) => `apply_discount${n}() {\n  echo "$cart" | sed 's/a/b/'\n}\n`,
    'cart.csv': (n) => `${n},apply_discount,"the cart",${n}\n`,
  }
  return Object.fromEntries(
    Object.entries(entries).map(([path, entry]) => {
      let text = path === 'cart.json' ? '[\n' : ''
      for (let n = 0; text.length < chars; n++) text += entry(n)
      return [path, text]
    }),
  )
}
