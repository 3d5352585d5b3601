// Checks that every path, npm script and command named in the documents exists, because unchecked rule files go stale.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

// Dated notes keep the names of their time.
const UNCHECKED = ['docs/lab-notes.md']

const CODE = /```[\s\S]*?```|`[^`\n]+`/g
const LINK = /\]\(([^)\s#]+)(?:#[^)]*)?\)/g
const PATH =
  /(?<![\w./-])(?:\.\/)?((?:packages|src|scripts|docs|test|results|viewer|\.ci)\/[\w./-]*[\w/-]|[A-Z]+\.md|LICENSE|[\w.-]+\.(?:json|config\.ts))(?![\w*{])/g
const SCRIPT = /\bnpm (?:run )?([a-z][\w:-]*)/g
const COMMAND = /\bfusesearch ([a-z][\w-]*)/g
const NPM_OWN = ['install', 'ci', 'i', 'exec', 'pack', 'audit', 'link', 'publish', 'version', 'package']

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = checkDocuments()
  for (const problem of problems) process.stdout.write(`${problem}\n`)
  process.exit(problems.length === 0 ? 0 : 1)
}

/** One line for each name or link in a document that doesn't exist. */
export function checkDocuments() {
  const scripts = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts)
  return documents().flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    const problems = [...brokenLinks(path, text), ...brokenNames(text, scripts)]
    return problems.map((problem) => `${path}: ${problem}`)
  })
}

function documents() {
  const inDocs = existsSync(join(root, 'docs')) ? readdirSync(join(root, 'docs'), { recursive: true }) : []
  const pages = inDocs.filter((path) => path.endsWith('.md')).map((path) => `docs/${path.replaceAll('\\', '/')}`)
  return ['README.md', 'AGENTS.md', ...pages].filter(
    (path) => existsSync(join(root, path)) && !UNCHECKED.includes(path),
  )
}

function brokenLinks(path, text) {
  return [...text.matchAll(LINK)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(path), target)))
    .map((target) => `the link to ${target} leads nowhere`)
}

function brokenNames(text, scripts) {
  const code = [...text.matchAll(CODE)].map(([span]) => span).join('\n')
  const paths = namesIn(code, PATH).filter((name) => !isKnownPath(name))
  const runs = namesIn(code, SCRIPT).filter((name) => !scripts.includes(name) && !NPM_OWN.includes(name))
  const commands = namesIn(code, COMMAND).filter((name) => !isCommand(name))
  return [
    ...paths.map((name) => `\`${name}\` does not exist`),
    ...runs.map((name) => `package.json has no script \`${name}\``),
    ...commands.map((name) => `there is no command \`fusesearch ${name}\``),
  ]
}

/** A command is a folder of the product's command line or of the lab's. */
function isCommand(name) {
  return ['fusesearch', 'lab'].some((one) => existsSync(join(root, `packages/${one}/src/cli/${name}/command.ts`)))
}

/**
 * Bare names such as `index.ts` or `summary.json` may mean any folder's or the user's file, so only known ones are
 * checked.
 */
function isKnownPath(name) {
  if (existsSync(join(root, name))) return true
  return !name.includes('/') && !/^[A-Z]+\.md$|^LICENSE$/.test(name)
}

function namesIn(code, pattern) {
  return [...new Set([...code.matchAll(pattern)].map(([, name]) => name))]
}
