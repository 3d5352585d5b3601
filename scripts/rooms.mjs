// The arrows between the rooms of src: who may import whom, always through the other room's index.ts.
// AGENTS.md shows people the same table; a difference between the two is an error as well.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Room -> the rooms it may import. Order matters only to readers. */
const ARROWS = {
  core: [],
  code: ['core'],
  repositories: ['core'],
  tools: ['core'],
  workspace: ['core', 'tools', 'code', 'repositories'],
  entities: ['core', 'tools'],
  agent: ['core', 'tools', 'entities'],
  models: ['core'],
  policies: ['core', 'tools', 'code', 'entities', 'agent', 'models'],
  locate: ['core', 'code', 'repositories', 'tools', 'workspace', 'entities', 'agent', 'models', 'policies'],
  datasets: ['core', 'code', 'repositories'],
  evaluation: ['core', 'code', 'tools', 'entities', 'agent', 'workspace', 'repositories', 'locate', 'datasets'],
  training: [
    'core',
    'code',
    'repositories',
    'tools',
    'workspace',
    'entities',
    'agent',
    'policies',
    'locate',
    'datasets',
    'evaluation',
  ],
  servers: ['core', 'code', 'tools', 'agent', 'workspace', 'policies', 'locate'],
  environment: [
    'core',
    'code',
    'tools',
    'workspace',
    'agent',
    'models',
    'policies',
    'locate',
    'datasets',
    'evaluation',
    'training',
    'servers',
  ],
  cli: [
    'core',
    'code',
    'repositories',
    'tools',
    'workspace',
    'entities',
    'agent',
    'models',
    'policies',
    'locate',
    'datasets',
    'evaluation',
    'training',
    'servers',
    'environment',
  ],
}

/** Rooms that a browser may share: nothing of Node in them. */
const WITHOUT_NODE = ['core']

/** The library's surface: re-exports from every room but cli. */
const SURFACE = 'index.ts'

// `import … from 'x'`, `export … from 'x'`, `import 'x'`, `import('x')`; statements may run over several lines.
const IMPORTS = [
  /^[ \t]*(?:import|export)\b[^'"`;=]*?\bfrom\s*(['"])([^'"]+)\1/gm,
  /^[ \t]*import\s*(['"])([^'"]+)\1/gm,
  /\bimport\(\s*(['"])([^'"]+)\1\s*\)/g,
]

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = checkRooms()
  for (const problem of problems) process.stdout.write(`${problem}\n`)
  process.exit(problems.length === 0 ? 0 : 1)
}

/** One line for each arrow that is not allowed: file, line, what it imports, and why not. */
export function checkRooms() {
  const source = join(root, 'src')
  const files = readdirSync(source, { recursive: true })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .sort()
  return [
    ...tableProblems(readFileSync(join(root, 'AGENTS.md'), 'utf8')),
    ...files.flatMap((path) => problemsOf(path, readFileSync(join(source, path), 'utf8'))),
  ]
}

function problemsOf(path, text) {
  const room = roomOf(path)
  if (room !== SURFACE && !(room in ARROWS)) {
    return [`src/${path}: there is no room "${room}"; add it to scripts/rooms.mjs and AGENTS.md, or move the file.`]
  }
  return importsOf(text).flatMap(({ specifier, line }) => {
    const reason = whyForbidden({ path, room, specifier })
    return reason === undefined ? [] : [`src/${path}:${line}: imports '${specifier}', but ${reason}.`]
  })
}

function whyForbidden({ path, room, specifier }) {
  if (!specifier.startsWith('.')) {
    const isNode = specifier.startsWith('node:')
    return WITHOUT_NODE.includes(room) && isNode && !isTest(path) ? `${room} holds nothing of Node` : undefined
  }
  const target = posix.join(posix.dirname(path), specifier)
  if (target.startsWith('..')) return isTest(path) ? undefined : 'a room imports nothing outside src'
  const other = roomOf(target)
  if (other === room) return undefined
  if (!isTest(path)) {
    const allowed = room === SURFACE ? Object.keys(ARROWS).filter((name) => name !== 'cli') : ARROWS[room]
    if (!allowed.includes(other)) return `${room} may import only ${allowed.join(', ') || 'nothing of ours'}`
  }
  return target === `${other}/index.ts` ? undefined : `the only door of ${other} is src/${other}/index.ts`
}

/** Tests sit in a room but may enter every other room, by its door. */
function isTest(path) {
  return path.endsWith('.test.ts')
}

function roomOf(path) {
  return path.split('/')[0]
}

function importsOf(text) {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
  return IMPORTS.flatMap((pattern) =>
    [...code.matchAll(pattern)].map((match) => ({
      specifier: match[2],
      line: code.slice(0, match.index).split('\n').length,
    })),
  ).sort((a, b) => a.line - b.line)
}

/** Differences between the table of AGENTS.md and the arrows above. */
function tableProblems(agents) {
  const rows = [...agents.matchAll(/^\| (\w+) \|[^|]*\| ([^|]+) \|$/gm)].filter(([, name]) => name !== 'room')
  const names = rows.map(([, name]) => name)
  if (names.join() !== Object.keys(ARROWS).join()) {
    return [`AGENTS.md: its rooms are ${names.join(', ')}; scripts/rooms.mjs has ${Object.keys(ARROWS).join(', ')}.`]
  }
  return rows.flatMap(([, name, cell], index) => {
    const told = cellRooms(cell, names.slice(0, index))
    const [shown, held] = [told, ARROWS[name]].map((rooms) => names.filter((room) => rooms.includes(room)).join(', '))
    return shown === held ? [] : [`AGENTS.md: ${name} may import "${shown}"; scripts/rooms.mjs says "${held}".`]
  })
}

function cellRooms(cell, above) {
  if (cell.startsWith('nothing')) return []
  if (cell.startsWith('all above') || cell.startsWith('every room')) return above
  return cell.split(',').map((name) => name.trim())
}
