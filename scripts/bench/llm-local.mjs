// Runs of a local model beside the embedded policy, from folders of `fusesearch eval --policy llm,embedded`:
//   node scripts/bench/llm-local.mjs NAME=FOLDER [NAME=FOLDER …] [--compare NAME,NAME] [--trust NAME] [--out FOLDER]
// Prints a table and the paired differences of F1; with --compare also each measure of the model in two runs, on the
// instances of both, with the paired difference; with --trust what `--trust P` would have made of a run's answers, from
// the confidence of the embedded policy on the same instances. An answer of the fallback counts as one, whereas `eval` counts the
// instance as failed. With --out, rows.jsonl gets each run's scores and costs, without texts of issues or repositories.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const LAB = new URL('../../packages/lab/dist/evaluation/index.js', import.meta.url)
const { estimateMean, scoreAnswer } = await import(LAB.href)

/** Measures of one run of the model; `percent` ones are shares. */
const MEASURES = [
  ['file F1, %', 'percent', ({ fileF1 }) => fileF1],
  ['function F1, %', 'percent', ({ functionF1 }) => functionF1],
  ['valid turns, %', 'percent', ({ valid, asked }) => (asked === 0 ? null : valid / asked)],
  ['turns', 'plain', ({ turns }) => turns],
  ['calls in the first turn', 'plain', ({ breadth }) => breadth[0] ?? 0],
  ['calls in the second turn', 'plain', ({ breadth }) => breadth[1] ?? null],
  ['calls that repeat one, %', 'percent', ({ repeated, breadth }) => shareOf(repeated, repeated + sumOf(breadth))],
  ['redundant, %', 'percent', ({ redundancy }) => redundancy],
  ['e, %', 'percent', ({ efficiency }) => efficiency],
  ['tokens in', 'plain', ({ tokensIn }) => tokensIn],
  ['tokens out', 'plain', ({ tokensOut }) => tokensOut],
]

const TRUSTS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string' }, compare: { type: 'string' }, trust: { type: 'string' } },
})
if (positionals.length === 0) {
  process.stderr.write(
    'Usage: node scripts/bench/llm-local.mjs NAME=FOLDER [NAME=FOLDER …] [--compare NAME,NAME] [--trust NAME] [--out FOLDER]\n',
  )
  process.exit(2)
}
const runs = positionals.map((argument) => {
  const [name, folder] = argument.split('=')
  return { name, rows: readRun(name, folder) }
})
process.stdout.write(`${tableOf(runs)}\n${differencesOf(runs)}`)
if (values.compare !== undefined) process.stdout.write(`\n${comparisonOf(...values.compare.split(','))}`)
if (values.trust !== undefined) process.stdout.write(`\n${trustTable(values.trust)}`)
if (values.out !== undefined) {
  mkdirSync(values.out, { recursive: true })
  const lines = runs.flatMap(({ rows }) => rows.map((row) => JSON.stringify(row)))
  writeFileSync(join(values.out, 'rows.jsonl'), `${lines.join('\n')}\n`)
}

/** The rows of the instances that both policies have finished. */
function readRun(name, folder) {
  const rows = readLines(join(folder, 'rows.jsonl')).map((row) => toRow(name, folder, row))
  const policies = new Set(rows.map((row) => row.policy))
  const isWhole = ({ id }) => rows.filter((row) => row.id === id).length === policies.size
  return rows.filter((row) => row !== undefined && isWhole(row))
}

function toRow(run, folder, { id, policy, gold, trajectory }) {
  const file = join(folder, trajectory ?? `trajectories/${policy}/${id}.jsonl`)
  const lines = existsSync(file) ? readLines(file) : []
  const turns = lines.filter(({ kind }) => kind === 'turn')
  const end = lines.find(({ kind }) => kind === 'end')
  if (end === undefined || gold === null) return { run, id, policy, isMissing: true }
  const score = scoreAnswer(end.answer, gold)
  // Turns that the model decided asked it something; so did the answer, if it is the model's.
  const handover = turns.findIndex(({ notes = [] }) => notes.some(isHandover))
  const before = handover < 0 ? turns : turns.slice(0, handover)
  const own = policy === 'llm' ? before.filter(({ model }) => model !== undefined) : turns
  const hasAnswered = policy === 'llm' && end.failure === null && end.answeredBy === 'next'
  // What the fallback's answer says about the model's, where that wasn't taken.
  const isModels =
    hasAnswered && !(end.notes ?? []).some((note) => /^The model (?:answered .* instead:|and the)/.test(note))
  const { model, efficiency, redundancy, ms } = end.stats
  const asked = own.length + (handover >= 0 || end.model !== undefined ? 1 : 0)
  const valid =
    own.filter(({ calls }) => calls.length > 0).length + (hasAnswered && end.answer.files.length > 0 ? 1 : 0)
  return {
    run,
    id,
    policy,
    answeredByModel: isModels,
    fileF1: score.file?.f1 ?? null,
    functionF1: score.function?.f1 ?? null,
    firstFile: score.file?.accAt1 ?? null,
    confidence: end.answer.confidence,
    efficiency,
    redundancy,
    turns: end.stats.turns,
    asked,
    valid,
    breadth: own.map(({ calls }) => calls.length),
    repeated: turns.reduce((sum, turn) => sum + repeatedIn(turn), 0) + repeatedIn(end),
    tokensIn: model?.inputTokens ?? 0,
    tokensCached: model?.cachedTokens ?? 0,
    tokensOut: model?.outputTokens ?? 0,
    requests: model?.requests ?? 0,
    seconds: Math.round((model?.ms ?? ms.total) / 100) / 10,
  }
}

/** The fallback searches from this turn on. */
function isHandover(note) {
  return note.startsWith('The model failed') || note.startsWith('The model answered.')
}

/** Calls that the model made again; they weren't run, so they are in no measure of the run. */
function repeatedIn({ notes = [] }) {
  return notes.reduce((sum, note) => sum + Number(/^(\d+) of its calls had been made before/.exec(note)?.[1] ?? 0), 0)
}

function tableOf(all) {
  const head = [
    'run',
    'n',
    'file F1',
    'function F1',
    'answered by the model',
    'valid turns',
    'calls by turn',
    'repeated',
    'redundant',
    'e',
    'tokens in (cached) / out',
    's',
  ]
  const lines = [head, head.map(() => '---')]
  for (const { name, rows } of all) {
    for (const policy of new Set(rows.map((row) => row.policy))) {
      lines.push(
        cellsOf(
          `${name}: ${policy}`,
          rows.filter((row) => row.policy === policy && !row.isMissing),
        ),
      )
    }
  }
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}

function cellsOf(title, rows) {
  const of = (key) => rows.map((row) => row[key]).filter((value) => value !== null && value !== undefined)
  const mean = (key) => of(key).reduce((sum, value) => sum + Number(value), 0) / Math.max(1, of(key).length)
  const sum = (key) => of(key).reduce((total, value) => total + value, 0)
  const calls = sum('repeated') + rows.reduce((total, { breadth }) => total + breadth.reduce((a, b) => a + b, 0), 0)
  const isModel = mean('requests') > 0
  return [
    title,
    rows.length,
    shown(of('fileF1')),
    shown(of('functionF1')),
    isModel ? `${Math.round(mean('answeredByModel') * 100)}%` : '',
    isModel ? `${Math.round((100 * sum('valid')) / Math.max(1, sum('asked')))}%` : '',
    byTurn(rows),
    isModel ? `${Math.round((100 * sum('repeated')) / Math.max(1, calls))}%` : '',
    shown(of('redundancy')),
    shown(of('efficiency')),
    isModel
      ? `${Math.round(mean('tokensIn'))} (${Math.round(mean('tokensCached'))}) / ${Math.round(mean('tokensOut'))}`
      : '',
    Math.round(mean('seconds') * 10) / 10,
  ]
}

function byTurn(rows) {
  const most = Math.max(0, ...rows.map(({ breadth }) => breadth.length))
  const means = Array.from({ length: most }, (_, turn) => {
    const had = rows.map(({ breadth }) => breadth[turn]).filter((calls) => calls !== undefined)
    return (had.reduce((sum, calls) => sum + calls, 0) / had.length).toFixed(1)
  })
  return means.join(', ')
}

function percent(value) {
  return (100 * value).toFixed(0)
}

function shown(numbers) {
  if (numbers.length === 0) return '–'
  const { mean, low, high } = estimateMean(numbers)
  return `${percent(mean)} [${percent(low)}, ${percent(high)}]`
}

/** Model less embedded policy, instance by instance. */
function differencesOf(all) {
  const lines = all.flatMap(({ name, rows }) => {
    const pairs = rows
      .filter(({ policy, isMissing }) => policy === 'llm' && !isMissing)
      .map((row) => [row, embeddedOf(row.id, [rows, ...all.map((run) => run.rows)])])
      .filter(([, embedded]) => embedded !== undefined && !embedded.isMissing)
    if (pairs.length === 0) return []
    return ['fileF1', 'functionF1'].map((key) => {
      const both = pairs.filter(([one, other]) => one[key] !== null && other[key] !== null)
      const worse = both.filter(([one, other]) => one[key] < other[key]).length
      const better = both.filter(([one, other]) => one[key] > other[key]).length
      return `${name}, ${key}, llm less embedded: ${shown(both.map(([one, other]) => one[key] - other[key]))}; better ${better}, worse ${worse} of ${both.length}`
    })
  })
  return `${lines.join('\n')}\n`
}

/** The embedded policy's row of an instance, from the same run where there is one: it repeats itself exactly. */
function embeddedOf(id, runsOfRows) {
  return runsOfRows.flat().find((row) => row.id === id && row.policy === 'embedded' && !row.isMissing)
}

function comparisonOf(first, second) {
  const [one, other] = [first, second].map((name) => {
    const rows = runs.find((run) => run.name === name)?.rows ?? []
    return new Map(rows.filter(({ policy, isMissing }) => policy === 'llm' && !isMissing).map((row) => [row.id, row]))
  })
  const ids = [...one.keys()].filter((id) => other.has(id))
  const lines = MEASURES.map(([title, kind, measure]) => {
    const pairs = ids.map((id) => [measure(one.get(id)), measure(other.get(id))]).filter((pair) => !pair.includes(null))
    const cells = [pairs.map(([a]) => a), pairs.map(([, b]) => b), pairs.map(([a, b]) => b - a)]
    return [title, pairs.length, ...cells.map((numbers) => (kind === 'percent' ? shown(numbers) : plain(numbers)))]
  })
  const head = ['measure', 'n', first, second, 'paired difference']
  return `${[head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}

/** For several values of `--trust`: how often the model's answer is taken, and what that changes. */
function trustTable(name) {
  const rows = (runs.find((run) => run.name === name)?.rows ?? []).filter(
    (row) => row.policy === 'llm' && !row.isMissing,
  )
  const everyRow = runs.map((run) => run.rows)
  const pairs = rows.map((row) => [row, embeddedOf(row.id, everyRow)]).filter(([, other]) => other !== undefined)
  const right = pairs.map(([{ firstFile }]) => firstFile).filter((value) => value !== null)
  const lines = TRUSTS.map((trust) => {
    const isTaken = ([, { confidence }]) => trust >= 1 || confidence < trust
    const changes = ['fileF1', 'functionF1'].map((key) => {
      const both = pairs.filter(([one, other]) => one[key] !== null && other[key] !== null)
      return shown(both.map((pair) => (isTaken(pair) ? pair[0][key] - pair[1][key] : 0)))
    })
    return [trust, `${pairs.filter(isTaken).length} of ${pairs.length}`, ...changes]
  })
  const head = ['--trust', 'answers of the model', 'file F1, less embedded', 'function F1, less embedded']
  const table = [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`)
  return `${name}: the first file is right on ${shown(right)} of ${right.length}\n${table.join('\n')}\n`
}

function shareOf(part, all) {
  return all === 0 ? null : part / all
}

function sumOf(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0)
}

function plain(numbers) {
  if (numbers.length === 0) return '–'
  const { mean, low, high } = estimateMean(numbers)
  const digits = Math.abs(mean) < 100 ? 1 : 0
  return `${mean.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`
}

function readLines(file) {
  return readFileSync(file, 'utf8').split('\n').filter(Boolean).map(JSON.parse)
}
