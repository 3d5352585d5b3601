// A teacher that says what the embedded policy does in the plain words of a language model:
// `node scripts/trl/plain-teacher.mjs ROLLOUT [--port N]` serves it as an OpenAI endpoint, until it is stopped. ROLLOUT
// is a rollout of the embedded policy over the same dataset. The embedded policy's own calls carry long globs and
// listings of whole trees, which a small model can't afford; what it searched for and where it looked serve here.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** How many names a sample searches for in its first turn, and how many places it reads in the next. */
const MANNERS = [
  { names: 4, reads: 2 },
  { names: 6, reads: 3 },
  { names: 3, reads: 1 },
  { names: 8, reads: 3 },
]
const MAX_PATTERN = 60
/** Lines before and after a line that a search showed. */
const [BEFORE, AFTER] = [8, 22]
const FILE_NAME = /[\w-]+\.(?:py|js|jsx|ts|tsx|java|kt|go|rs|rb|php|cs|c|h|cpp|hpp|scala|swift)\b/g

/** Starts the endpoint on `port`, 0 for a free one; `runs` are the embedded policy's, from {@link readRuns}. */
export async function startPlainTeacher(runs, port = 0) {
  const server = createServer(async (request, response) => {
    const { messages, seed = 0 } = await json(request)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(completionOf(callsFor(runs, messages, seed), messages.length)))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${server.address().port}/v1`, close: () => server.close() }
}

/** What the embedded policy searched for and answered, by the text of the issue. */
export function readRuns(folder) {
  const samples = readFileSync(join(folder, 'samples.jsonl'), 'utf8').trim().split('\n').map(JSON.parse)
  const done = samples.filter(({ status }) => status === 'done')
  return new Map(done.map(({ trajectory }) => runOf(join(folder, trajectory))))
}

function runOf(file) {
  const lines = readFileSync(file, 'utf8').trim().split('\n').map(JSON.parse)
  const calls = lines.flatMap((line) => (line.kind === 'turn' ? line.calls : []))
  const greps = calls.filter(({ tool }) => tool === 'grep').flatMap(({ arguments: given }) => plainOf(given))
  const { answer } = lines.at(-1)
  return [lines[0].issue.trim(), { patterns: [...new Set(greps)], answer }]
}

/** A name or message without the syntax around it; nothing for a pattern that isn't plain. */
function plainOf({ pattern, literal }) {
  const inner = literal === true ? pattern : (/^\(\?i:(.+)\)$/.exec(pattern)?.[1] ?? pattern)
  const isPlain = literal === true || /^[\w -]+$/.test(inner)
  return isPlain && inner.length > 2 && inner.length <= MAX_PATTERN ? [inner] : []
}

/** The calls of the next turn, from what the chat has shown. */
export function callsFor(runs, messages, seed) {
  const issue = /^# Issue\n\n([\s\S]*?)\n\n# (?:Found without a model|Task)/.exec(messages[1].content)?.[1]?.trim()
  const run = runs.get(issue)
  if (run === undefined) return [call('answer', { files: [] })]
  const manner = MANNERS[seed % MANNERS.length]
  const turn = messages.filter(({ role }) => role === 'assistant').length
  const shown = shownIn(messages)
  const isLast = / the last: /.test(messages.at(-1).content)
  const from = turn === 0 ? 0 : manner.names
  const names = run.patterns.slice(from, from + manner.names)
  const searches = searchesOf(names, turn === 0 ? issue : '')
  if (turn === 0) return searches.length > 0 ? searches : [call('glob', { patterns: ['*'], headLimit: 30 })]
  const reads = isLast || turn > 2 ? [] : readsOf(run, shown, manner.reads)
  if (reads.length > 0) return reads
  const isFound = run.answer.files.some(({ path }) => shown.lines.has(path))
  if (!isFound && turn === 1 && !isLast && searches.length > 0) return searches
  return [answerOf(run, shown)]
}

/** One search for each name, and a list of the files that the text names. */
function searchesOf(names, text) {
  const files = [...new Set(text.match(FILE_NAME) ?? [])].slice(0, 2)
  const globs = files.length > 0 ? [call('glob', { patterns: files })] : []
  return [
    ...names.map((pattern) => call('grep', { pattern, ...(/^[\w -]+$/.test(pattern) ? {} : { literal: true }) })),
    ...globs,
  ]
}

/** The lines of each file that results have shown, and the ranges that were read. */
function shownIn(messages) {
  const lines = new Map()
  const read = new Set()
  let path = ''
  const results = messages.slice(2).filter(({ role }) => role === 'tool')
  for (const row of results.flatMap(({ content }) => content.split('\n'))) {
    const line = /^(\d+)[:-]/.exec(row)?.[1]
    const named = /^([\w.@+-]+(?:\/[\w.@ +-]+)*\.\w+)(?: \(lines .*\))?$/.exec(row)
    if (named !== null) {
      path = named[1]
      if (row.endsWith(')')) read.add(path)
      if (!lines.has(path)) lines.set(path, new Set())
    } else if (line !== undefined) lines.get(path)?.add(Number(line))
  }
  return { lines, read, text: results.map(({ content }) => content).join('\n') }
}

/** Ranges around lines that were shown: in the answered functions first, then in the files that come next. */
function readsOf({ answer }, { lines, read }, most) {
  const named = answer.files.flatMap(({ path, functions }) =>
    functions.length > 0 ? functions.map((one) => ({ ...one, path })) : [{ path }],
  )
  const places = [...named, ...answer.candidates.functions, ...answer.candidates.files]
  const ranges = new Map()
  for (const { path, startLine = 1, endLine = Number.POSITIVE_INFINITY } of places) {
    if (!lines.has(path) || read.has(path) || ranges.has(path) || ranges.size >= most) continue
    const own = [...lines.get(path)].sort((a, b) => a - b)
    const line = own.find((one) => one >= startLine && one <= endLine) ?? nearest(own, startLine)
    ranges.set(path, line === undefined ? {} : { startLine: Math.max(1, line - BEFORE), endLine: line + AFTER })
  }
  // Places beside the answered ones are read only if one of these is, for a comparison.
  if (![...ranges.keys()].some((path) => answer.files.some((file) => file.path === path))) return []
  return [...ranges].map(([path, range]) => call('read_file', { path, ...range }))
}

function nearest(lines, wanted) {
  return lines.toSorted((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted))[0]
}

/** The embedded policy's answer, as far as the chat has shown it. */
function answerOf({ answer }, { lines, text }) {
  const isShown = ({ name }) => text.includes(name.split('.').at(-1))
  const files = answer.files.filter(({ path }) => lines.has(path))
  const best = answer.candidates.files.find(({ path }) => lines.has(path))
  const kept = files.length > 0 || best === undefined ? files : [{ path: best.path, functions: [] }]
  const named = kept.map(({ path, functions }) => ({
    path,
    functions: functions.filter(isShown).map(({ name }) => ({ name })),
  }))
  return call('answer', {
    files: named.map(({ path, functions }) => (functions.length > 0 ? { path, functions } : { path })),
  })
}

const call = (name, given) => ({ name, arguments: JSON.stringify(given) })

function completionOf(calls, at) {
  const tool_calls = calls.map((one, index) => ({ id: `call_${at}_${index}`, type: 'function', function: one }))
  return {
    choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls }, finish_reason: 'tool_calls' }],
    usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { port: { type: 'string', default: '0' } },
  })
  if (positionals.length !== 1) {
    process.stderr.write('Usage: node scripts/trl/plain-teacher.mjs ROLLOUT [--port N]\n')
    process.exit(2)
  }
  const runs = readRuns(positionals[0])
  const { url } = await startPlainTeacher(runs, Number(values.port))
  process.stdout.write(`${runs.size} runs of the embedded policy; listening at ${url}\n`)
}
