import { commonlySkipped } from '../path-filter.ts'
import { fusedArgv, searchArgv, type WalkSearch } from '../rg/argv.ts'
import { type Piece, PieceReader, readCounts } from '../rg/pieces.ts'
import type { RgEnd } from '../rg/rg-run.ts'
import { runRg } from '../rg/run.ts'
import { type CallFailure, mapLimited } from '../scope.ts'
import { askVerdict, askWhichLines, type LineAnswer } from './ask.ts'
import type { SearchContext } from './context.ts'
import type { FileHits, Hits } from './hits.ts'
import { forEachLine, LineStore } from './line-store.ts'
import { exactExpression, fusedExpression, type GrepPattern, patternKind, requiredTexts } from './pattern.ts'
import { attributeLines, type ByteSearch } from './plain.ts'
import { attributeRest } from './rest.ts'

/** One grep to be run; `hits` is empty and says what is to be gathered. */
export interface GrepSearch {
  readonly search: GrepPattern
  readonly globs: readonly string[]
  readonly createHits: () => Hits
}

/** What came of it. `isShared`: its walk served other greps too. */
export interface GrepOutcome {
  readonly result: { readonly ok: true; readonly files: readonly FileHits[] } | CallFailure
  readonly isShared: boolean
  readonly doneMs: number
}

/** Lines that ripgrep is asked about are held in memory up to this; a call that needs more walks by itself. */
const MAX_STORED_BYTES = 32_000_000

// Two at once keep two cores busy; more only compete with each other.
const PROCESSES_AT_ONCE = 2

/** Runs greps over a tree, those that can share a walk together. Outcomes come in the order of the searches. */
export async function searchTree(context: SearchContext, searches: readonly GrepSearch[]): Promise<GrepOutcome[]> {
  const outcomes = new Map<GrepSearch, GrepOutcome>()
  const sharing = searches.filter((search) => patternKind(search.search) !== 'alone')
  const left = sharing.length > 1 ? await searchTogether(context, sharing, outcomes) : sharing
  const alone = searches.filter((search) => left.includes(search) || !sharing.includes(search))
  await mapLimited(alone, PROCESSES_AT_ONCE, async (search) => {
    outcomes.set(search, await searchAlone(context, search))
  })
  return searches.map((search) => outcomes.get(search) as GrepOutcome)
}

async function searchAlone(context: SearchContext, one: GrepSearch): Promise<GrepOutcome> {
  const hits = one.createHits()
  const { mode } = hits.options
  const output = mode === 'content' ? 'lines' : mode === 'counts' ? 'match-counts' : 'line-counts'
  const walk = { output, ...walkOptions(context, [one]) } as const
  const argv = searchArgv(context.tree.walkRules, one.search, walk)
  const end = mode === 'content' ? await readLines(context, argv, hits) : await readNumbers(context, argv, hits)
  return finish(context, hits, { failure: endFailure(context, end), isShared: false })
}

function walkOptions(context: SearchContext, searches: readonly GrepSearch[]): Omit<WalkSearch, 'output'> {
  return { maxFileBytes: context.limits.maxFileBytes, ...commonlySkipped(searches.map(({ globs }) => globs)) }
}

function readLines(context: SearchContext, argv: readonly string[], hits: Hits): Promise<RgEnd> {
  return walkLines(context, argv, (piece) => {
    for (const block of piece.blocks) {
      const file = hits.file(block.path)
      if (file !== undefined) forEachLine(piece, block, (at) => hits.add(file, at, 1))
    }
  })
}

async function readNumbers(context: SearchContext, argv: readonly string[], hits: Hits): Promise<RgEnd> {
  const chunks: Buffer[] = []
  const end = await runWalk(context, argv, (chunk) => chunks.push(chunk))
  for (const { path, count } of readCounts(Buffer.concat(chunks))) {
    const file = hits.file(path)
    if (file !== undefined) file.count = hits.options.mode === 'paths' ? 1 : count
  }
  return end
}

/** A grep of a shared walk. Without needles it asks about every line, which those of its kind share. */
type Member = ByteSearch

/** Runs the greps in one walk and gives back those that must walk by themselves after all. */
async function searchTogether(
  context: SearchContext,
  searches: readonly GrepSearch[],
  outcomes: Map<GrepSearch, GrepOutcome>,
): Promise<readonly GrepSearch[]> {
  let attribution = createAttribution(searches)
  const expressions = [...new Set(searches.map((one) => fusedExpression(one.search)))]
  const alone = (): Promise<RgEnd> => {
    const mine = createAttribution(searches)
    attribution = mine
    const { pair } = mine
    const argv = fusedArgv(context.tree.walkRules, pair?.expressions ?? expressions, walkOptions(context, searches))
    return walkLines(context, argv, (piece) => attribute(piece, mine))
  }
  const begin = (): ((piece: Piece) => void) => {
    // Lines of others are among these, so nothing can be told from what a line lacks.
    const mine = { ...createAttribution(searches), pair: undefined }
    attribution = mine
    return (piece) => attribute(piece, mine)
  }
  const { maxFileBytes } = context.limits
  const request = { expressions, globs: searches.map(({ globs }) => globs), maxFileBytes, begin, alone }
  const { gatherer } = context.tree
  const end = await (gatherer === undefined ? alone() : gatherer.walk({ ...request, signal: context.scope.signal }))
  if (end.exitCode === 2 && end.message !== '' && end.reason === 'done') {
    return withoutInvalid(context, searches, outcomes)
  }
  const failure = endFailure(context, end)
  const left: GrepSearch[] = []
  await mapLimited(attribution.members, PROCESSES_AT_ONCE, async ([one, member]) => {
    const isDecided = failure !== undefined || (await decide(context, member))
    if (isDecided) outcomes.set(one, finish(context, member.hits, { failure, isShared: true }))
    else left.push(one)
  })
  return left
}

interface Attribution {
  readonly members: readonly (readonly [GrepSearch, Member])[]
  readonly pair: ExactPair | undefined
  readonly everyLine: LineStore
}

function createAttribution(searches: readonly GrepSearch[]): Attribution {
  const everyLine = new LineStore(MAX_STORED_BYTES)
  const members = searches.map((one): [GrepSearch, Member] => [one, createMember(one, everyLine)])
  return { members, pair: exactPair(members.map(([, member]) => member)), everyLine }
}

/** Gives each grep its lines of a piece. */
function attribute(piece: Piece, { members, pair, everyLine }: Attribution): void {
  const lower = lazily(() => piece.text.toLowerCase())
  for (const [, member] of members) {
    if (member === pair?.expression) attributeRest(member, pair.plain, { piece, lower })
    else attributeLines(member, piece, lower)
  }
  if (pair !== undefined || members.every(([, member]) => member.undecided !== everyLine)) return
  for (const block of piece.blocks) forEachLine(piece, block, (at) => everyLine.add(block.path, at))
}

/** One expression beside one plain text: ripgrep looks for both as they are. */
interface ExactPair {
  readonly expression: Member
  readonly plain: Member
  readonly expressions: readonly string[]
}

/** The pair that two greps are, if they are one: beside more texts the exact expression would cost more than it saves. */
function exactPair(members: readonly Member[]): ExactPair | undefined {
  const plain = members.find((member) => member.isPlain)
  const expression = members.find((member) => !member.isPlain)
  if (members.length !== 2 || plain === undefined || expression === undefined) return undefined
  const exact = exactExpression(expression.search)
  if (exact === undefined) return undefined
  return { expression, plain, expressions: [exact, fusedExpression(plain.search)] }
}

function createMember(one: GrepSearch, everyLine: LineStore): Member {
  const needles = requiredTexts(one.search)
  const undecided = needles.length > 0 ? new LineStore(MAX_STORED_BYTES) : everyLine
  return {
    search: one.search,
    hits: one.createHits(),
    undecided,
    needles,
    isPlain: patternKind(one.search) === 'plain',
  }
}

/** Asks ripgrep about the lines that bytes could not decide; false where it cannot be asked. */
async function decide(context: SearchContext, member: Member): Promise<boolean> {
  const store = member.undecided
  if (store.isFull) return false
  if (store.lines.length === 0) return true
  const answer = await askWhichLines(context, member.search, store)
  if (answer === undefined) return context.scope.signal.aborted
  addAnswered(member.hits, store, answer)
  return true
}

function addAnswered(hits: Hits, store: LineStore, answer: LineAnswer): void {
  for (const [index, occurrences] of answer) {
    const line = store.lines[index]
    const file = line && hits.file(line.key)
    if (line && file) hits.add(file, line.at, occurrences)
  }
}

/** Somebody's pattern is invalid: its own failure. The others try again without it, or alone where none is to blame. */
async function withoutInvalid(
  context: SearchContext,
  searches: readonly GrepSearch[],
  outcomes: Map<GrepSearch, GrepOutcome>,
): Promise<readonly GrepSearch[]> {
  const suspects = searches.filter((one) => patternKind(one.search) !== 'plain')
  await mapLimited(suspects, PROCESSES_AT_ONCE, async (one) => {
    const failure = await askVerdict(context, one.search)
    if (failure !== undefined) outcomes.set(one, finish(context, one.createHits(), { failure, isShared: false }))
  })
  const valid = searches.filter((one) => !outcomes.has(one))
  const isSomeoneToBlame = valid.length < searches.length
  return isSomeoneToBlame && valid.length > 1 ? searchTogether(context, valid, outcomes) : valid
}

async function walkLines(
  context: SearchContext,
  argv: readonly string[],
  onPiece: (piece: Piece) => void,
): Promise<RgEnd> {
  const reader = new PieceReader(onPiece)
  const end = await runWalk(context, argv, (chunk) => reader.push(chunk))
  if (end.reason === 'done') reader.end()
  return end
}

function runWalk(context: SearchContext, argv: readonly string[], take: (chunk: Buffer) => void): Promise<RgEnd> {
  const { launcher, rg, root } = context.tree
  const onOutput = (chunk: Buffer): boolean => {
    take(chunk)
    return true
  }
  return runRg({ rg, argv, cwd: root, launcher, signal: context.scope.signal, onOutput })
}

function endFailure(context: SearchContext, end: RgEnd): CallFailure | undefined {
  const outOfTime = context.scope.failure()
  if (outOfTime !== undefined) return outOfTime
  // Without a message only single files could not be read, which is no failure of the call.
  return end.exitCode === 2 && end.message !== '' ? { ok: false, code: 'bad-pattern', message: end.message } : undefined
}

function finish(
  context: SearchContext,
  hits: Hits,
  how: { readonly failure: CallFailure | undefined; readonly isShared: boolean },
): GrepOutcome {
  const failure = how.failure ?? context.scope.failure()
  const result = failure ?? ({ ok: true, files: hits.sorted() } as const)
  return { result, isShared: how.isShared, doneMs: context.clock.nowMs() }
}

function lazily<Value>(create: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => (made ??= { value: create() }).value
}
