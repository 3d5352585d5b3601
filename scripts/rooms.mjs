// The allowed imports between rooms of the packages, always through the other room's index.ts.
// AGENTS.md shows the same table; the check fails if the two differ, and if files import each other in a cycle.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Package -> room -> the rooms it may import. A room of the lab may import rooms of both packages. */
const ARROWS = {
  fusesearch: {
    core: [],
    code: ['core'],
    programs: ['core'],
    git: ['core', 'programs'],
    search: ['core', 'code', 'programs', 'git'],
    zoekt: ['core', 'search'],
    agent: ['core', 'code', 'search'],
    encoder: ['core'],
    models: ['core'],
    queue: ['core', 'models'],
    policies: ['core', 'code', 'search', 'agent', 'encoder', 'models'],
    locate: ['core', 'code', 'programs', 'git', 'search', 'agent', 'models', 'policies'],
    ask: ['core', 'code', 'search', 'agent', 'encoder', 'policies', 'locate'],
    view: ['core', 'search', 'agent', 'locate'],
    serve: ['core', 'code', 'search', 'agent', 'encoder', 'policies', 'locate', 'ask', 'view', 'queue'],
    cli: [
      'core',
      'code',
      'programs',
      'git',
      'search',
      'zoekt',
      'agent',
      'encoder',
      'models',
      'queue',
      'policies',
      'locate',
      'ask',
      'view',
      'serve',
    ],
  },
  lab: {
    host: ['core', 'code', 'programs', 'search', 'cli'],
    report: ['core'],
    datasets: ['core', 'code', 'git'],
    evaluation: [
      'core',
      'code',
      'git',
      'search',
      'agent',
      'encoder',
      'queue',
      'locate',
      'ask',
      'view',
      'host',
      'report',
      'datasets',
    ],
    training: [
      'core',
      'code',
      'git',
      'search',
      'agent',
      'encoder',
      'queue',
      'policies',
      'locate',
      'view',
      'host',
      'report',
      'datasets',
      'evaluation',
    ],
    environment: [
      'core',
      'code',
      'search',
      'agent',
      'models',
      'policies',
      'locate',
      'serve',
      'host',
      'datasets',
      'evaluation',
      'training',
    ],
    cli: [
      'core',
      'code',
      'programs',
      'git',
      'search',
      'agent',
      'encoder',
      'models',
      'queue',
      'policies',
      'locate',
      'serve',
      'cli',
      'host',
      'report',
      'datasets',
      'evaluation',
      'training',
      'environment',
    ],
  },
}

/** Rooms that a browser shares, so they don't use Node. */
const WITHOUT_NODE = ['core']

/** The product's surface: re-exports from every room but cli. */
const SURFACE = 'index.ts'

// `import … from 'x'`, `export … from 'x'`, `import 'x'`, `import('x')`; statements may span several lines.
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

/** One line per forbidden import: file, line, the import, and why. */
export function checkRooms() {
  const problems = Object.keys(ARROWS).flatMap((name) => {
    const texts = new Map(
      sourcesOf(name).map((path) => [path, readFileSync(join(root, `packages/${name}/src`, path), 'utf8')]),
    )
    const imports = new Map([...texts].map(([path, text]) => [path, importsOf(text)]))
    return [
      ...[...imports].flatMap(([path, found]) => problemsOf({ name, path }, found)),
      ...circles(targetsOf(imports)).map(
        (circle) => `packages/${name}/src: files import each other in a circle: ${circle.join(' -> ')}.`,
      ),
    ]
  })
  return [...tableProblems(readFileSync(join(root, 'AGENTS.md'), 'utf8')), ...problems, ...pageProblems()]
}

function sourcesOf(name) {
  return readdirSync(join(root, `packages/${name}/src`), { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .sort()
}

/** File -> the files of the same package that it imports, types included. */
function targetsOf(imports) {
  return new Map(
    [...imports].map(([path, found]) => [
      path,
      found
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => posix.join(posix.dirname(path), specifier))
        .filter((target) => imports.has(target)),
    ]),
  )
}

/** One cycle for each import that closes one, as the files on it; the first file is repeated at the end. */
export function circles(targets) {
  const found = []
  const done = new Set()
  const way = []
  const visit = (file) => {
    const start = way.indexOf(file)
    if (start >= 0) return void found.push([...way.slice(start), file])
    if (done.has(file)) return
    way.push(file)
    for (const target of targets.get(file) ?? []) visit(target)
    way.pop()
    done.add(file)
  }
  for (const file of targets.keys()) visit(file)
  return found
}

/** The page imports the rooms without Node; from others only types, which its build erases. */
function pageProblems() {
  const source = 'packages/viewer/src'
  return readdirSync(join(root, source), { recursive: true })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.tsx?$/.test(path) && !isTest(path))
    .flatMap((path) => {
      const text = readFileSync(join(root, source, path), 'utf8')
      return [...text.matchAll(/^import (?!type\b)[^'"]*\bfrom 'fusesearch(?:\/(\w+))?'/gm)]
        .filter(([, room]) => !WITHOUT_NODE.includes(room))
        .map(([line]) => `${source}/${path}: "${line}": the page imports only types of the product, and core.`)
    })
}

function problemsOf({ name, path }, imports) {
  const room = roomOf(path)
  const place = `packages/${name}/src/${path}`
  if (!(room in ARROWS[name]) && !(name === 'fusesearch' && room === SURFACE)) {
    return [`${place}: there is no room "${room}"; add it to scripts/rooms.mjs and AGENTS.md, or move the file.`]
  }
  return imports.flatMap(({ specifier, line }) => {
    const reason = whyForbidden({ name, path, room, specifier })
    return reason === undefined ? [] : [`${place}:${line}: imports '${specifier}', but ${reason}.`]
  })
}

function whyForbidden({ name, path, room, specifier }) {
  if (specifier === 'fusesearch-lab' || specifier.startsWith('fusesearch-lab/')) {
    return 'the product never imports the lab, and the lab imports its own rooms by path'
  }
  const product = /^fusesearch(?:\/(\w+))?$/.exec(specifier)
  if (product) {
    if (name === 'fusesearch') return 'the product imports its own rooms by path'
    return isTest(path) || product[1] === undefined ? undefined : whyNotRoom({ name, room, other: product[1] })
  }
  if (!specifier.startsWith('.')) {
    const isNode = specifier.startsWith('node:')
    return WITHOUT_NODE.includes(room) && isNode && !isTest(path) ? `${room} may not use Node` : undefined
  }
  const target = posix.join(posix.dirname(path), specifier)
  if (target.startsWith('..')) return isTest(path) ? undefined : 'a room imports nothing outside its package'
  const other = roomOf(target)
  if (other === room) return undefined
  const reason = isTest(path) ? undefined : whyNotRoom({ name, room, other })
  if (reason !== undefined) return reason
  return target === `${other}/index.ts` ? undefined : `the only door of ${other} is its index.ts`
}

function whyNotRoom({ name, room, other }) {
  const allowed = room === SURFACE ? Object.keys(ARROWS.fusesearch).filter((one) => one !== 'cli') : ARROWS[name][room]
  return allowed.includes(other) ? undefined : `${room} may import only ${allowed.join(', ') || 'no other room'}`
}

/** A test is in a room but may import every other room through its index. */
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

/** Differences between the table of AGENTS.md, `| package/room | holds | may import |`, and the table above. */
function tableProblems(agents) {
  const rows = [...agents.matchAll(/^\| (\w+)\/(\w+) \|[^|]*\| ([^|]+) \|$/gm)]
  const told = rows.map(([, name, room, cell]) => `${name}/${room}: ${listed(cell)}`)
  const held = Object.entries(ARROWS).flatMap(([name, rooms]) =>
    Object.entries(rooms).map(([room, allowed]) => `${name}/${room}: ${allowed.join(', ')}`),
  )
  const differing = held.filter((line) => !told.includes(line))
  if (differing.length > 0) return differing.map((line) => `AGENTS.md lacks this row of scripts/rooms.mjs: ${line}.`)
  return told
    .filter((line) => !held.includes(line))
    .map((line) => `AGENTS.md has a row for a room that doesn't exist: ${line}.`)
}

function listed(cell) {
  return cell.startsWith('nothing') ? '' : cell.trim()
}
