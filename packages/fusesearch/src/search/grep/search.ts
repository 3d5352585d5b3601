import { commonlySkipped } from '../path-filter.ts'
import { fusedArgv, MAX_LINES_PER_FILE, searchArgv, type WalkSearch } from '../rg/argv.ts'
import { type Block, type Piece, readCounts } from '../rg/pieces.ts'
import type { RgEnd } from '../rg/rg-run.ts'
import { type CallFailure, mapLimited } from '../scope.ts'
import { askVerdict, askWhichLines, type LineAnswer } from './ask.ts'
import type { SearchContext } from './context.ts'
import type { Hits } from './hits.ts'
import { countLines, forEachLine, LineStore, type StoreSpace } from './line-store.ts'
import { exactExpression, fusedExpression, type GrepPattern, patternKind, requiredTexts } from './pattern.ts'
import { attributeLines, type ByteSearch } from './plain.ts'
import { attributeRest } from './rest.ts'
import { runWalk, TOO_MUCH, type Walk, walkLines } from './walk.ts'
import { type GrepOutcome, movedFiles, passed, type Sorted, WalkWatch, withoutMoved } from './walked.ts'

/** One grep to run; `hits` is empty and determines what is collected. */
export interface GrepSearch {
  readonly search: GrepPattern
  readonly globs: readonly string[]
  readonly createHits: () => Hits
}

/** Bytes of lines that ripgrep is asked about, for all greps of a turn; a grep that needs more walks by itself. */
const MAX_STORED_BYTES = 64_000_000

/** Files that each grep of a shared walk may search again by itself; with more, it walks by itself. */
const MAX_FLOODED_FILES = 100
/** A line as ripgrep prints it has a number, a colon and a line end. */
const MIN_LINE_BYTES = 3

// Two at once keep two cores busy; more only compete with each other.
const PROCESSES_AT_ONCE = 2

/**
 * Runs greps over a tree; those that can share a walk do. Outcomes are in the order of the searches. Paths that moved
 * during the search are searched once more, and left out if they move again.
 */
export async function searchTree(
  context: SearchContext,
  searches: readonly GrepSearch[],
): Promise<readonly GrepOutcome[]> {
  const first = await searchWatched(context, searches)
  const again = searches.filter((_, index) => movedFiles(first.outcomes[index]) > 0)
  if (again.length === 0) return first.outcomes
  await passed(first.settleMs, context.scope.signal)
  const second = await searchWatched(context, again)
  return searches.map((search, index) => {
    const place = again.indexOf(search)
    return (place === -1 ? first.outcomes[index] : second.outcomes[place]) as GrepOutcome
  })
}

async function searchWatched(context: SearchContext, searches: readonly GrepSearch[]): Promise<Sorted> {
  // Files are stamped by the wall clock.
  const startMs = Date.now()
  const outcomes = await searchOnce(context, searches)
  const { root, walkRules } = context.tree
  return withoutMoved(outcomes, new WalkWatch(root, startMs, walkRules.tracked))
}

async function searchOnce(context: SearchContext, searches: readonly GrepSearch[]): Promise<GrepOutcome[]> {
  const outcomes = new Map<GrepSearch, GrepOutcome>()
  const sharing = searches.filter((search) => patternKind(search.search) !== 'alone')
  const left = sharing.length > 1 ? await searchTogether(context, sharing, outcomes) : sharing
  const alone = searches.filter((search) => left.includes(search) || !sharing.includes(search))
  await mapLimited(alone, PROCESSES_AT_ONCE, async (search) => {
    outcomes.set(search, await searchAlone(context, search))
  })
  return searches.map((search) => outcomes.get(search) as GrepOutcome)
}

/** Walks for one grep. */
export async function searchAlone(context: SearchContext, one: GrepSearch): Promise<GrepOutcome> {
  const hits = one.createHits()
  const end = await walkAlone(context, { one, hits })
  return finish(context, hits, { failure: endFailure(context, end), isShared: false })
}

/** Walks the tree for one grep, or only some files of it. */
async function walkAlone(context: SearchContext, { one, hits, files }: WalkAlone): Promise<RgEnd> {
  const { mode } = hits.options
  const output = mode === 'content' ? 'lines' : mode === 'counts' ? 'match-counts' : 'line-counts'
  const argv = searchArgv(context.tree.walkRules, one.search, { output, files, ...walkOptions(context, [one]) })
  const how = { tree: context.tree, argv, signal: context.scope.signal }
  return mode === 'content' ? readLines(how, hits) : readNumbers(how, hits)
}

interface WalkAlone {
  readonly one: GrepSearch
  readonly hits: Hits
  readonly files?: readonly string[]
}

function walkOptions(context: SearchContext, searches: readonly GrepSearch[]): Omit<WalkSearch, 'output'> {
  return { maxFileBytes: context.limits.maxFileBytes, ...commonlySkipped(searches.map(({ globs }) => globs)) }
}

function readLines(walk: Walk, hits: Hits): Promise<RgEnd> {
  return walkLines(walk, (piece) => {
    for (const block of piece.blocks) {
      const file = hits.file(block.path)
      if (file === undefined) continue
      let rest = block.start
      if (!hits.isCounting(file, 0)) {
        forEachLine(piece, block, (at) => {
          hits.add(file, at, 1)
          rest = at.end + 1
          return hits.isCounting(file, at.line + 1)
        })
      }
      hits.count(file, countLines(piece.text, rest, block.end), 0)
      file.isPartial = file.count >= MAX_LINES_PER_FILE
    }
  })
}

async function readNumbers(walk: Walk, hits: Hits): Promise<RgEnd> {
  const chunks: Buffer[] = []
  const end = await runWalk(walk, (chunk) => chunks.push(chunk) > 0)
  for (const { path, count } of readCounts(Buffer.concat(chunks))) {
    const file = hits.file(path)
    if (file === undefined) continue
    const isPaths = hits.options.mode === 'paths'
    file.count = isPaths ? 1 : count
    // Several matches in a line make this true for some files that were read whole.
    file.isPartial = !isPaths && count >= MAX_LINES_PER_FILE
  }
  return end
}

/** A grep of a shared walk. Without needles it asks about every line; such greps share one store of lines. */
type Member = ByteSearch

/** Runs the greps in one walk and returns those that must walk by themselves after all. */
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
    const { tree, scope } = context
    return walkLines({ tree, argv, signal: scope.signal }, (piece) => attribute(piece, mine))
  }
  const begin = (): ((piece: Piece) => void) => {
    // Lines of other runs are among these, so a text that a line lacks proves nothing.
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
  // Together they match too many lines; each alone may match few enough.
  const files = [...attribution.flooded].map(utf8Path).filter((path) => path !== undefined)
  const isAnyUnnamed = files.length < attribution.flooded.size
  if (end.reason === 'stopped' || isAnyUnnamed || files.length > MAX_FLOODED_FILES) return searches
  const failure = endFailure(context, end)
  const left: GrepSearch[] = []
  await mapLimited(attribution.members, PROCESSES_AT_ONCE, async ([one, member]) => {
    const isDecided = failure !== undefined || (await decide(context, member))
    if (!isDecided) return left.push(one)
    if (failure === undefined && files.length > 0) await walkAlone(context, { one, hits: member.hits, files })
    return outcomes.set(one, finish(context, member.hits, { failure, isShared: true }))
  })
  return left
}

interface Attribution {
  readonly members: readonly (readonly [GrepSearch, Member])[]
  readonly pair: ExactPair | undefined
  readonly everyLine: LineStore
  /** Paths, one character per byte, of files whose lines a shared walk doesn't print to their end: each grep searches them by itself. */
  readonly flooded: Set<string>
}

function createAttribution(searches: readonly GrepSearch[]): Attribution {
  const space: StoreSpace = { bytesLeft: MAX_STORED_BYTES }
  const everyLine = new LineStore(space)
  const members = searches.map((one): [GrepSearch, Member] => {
    const hasNeedles = requiredTexts(one.search).length > 0
    return [one, createMember(one, hasNeedles ? new LineStore(space) : everyLine)]
  })
  return { members, pair: exactPair(members.map(([, member]) => member)), everyLine, flooded: new Set() }
}

/** Distributes the lines of a piece to the greps. */
function attribute(whole: Piece, { members, pair, everyLine, flooded }: Attribution): void {
  const piece = withoutFlooded(whole, flooded)
  const lower = lazily(() => piece.text.toLowerCase())
  for (const [, member] of members) {
    if (member === pair?.expression) attributeRest(member, pair.plain, { piece, lower })
    else attributeLines(member, piece, lower)
  }
  if (pair !== undefined || members.every(([, member]) => member.undecided !== everyLine)) return
  for (const block of piece.blocks) {
    forEachLine(piece, block, (at) => {
      everyLine.add(block.path, at)
      return everyLine.isFull
    })
  }
}

/** The piece without the blocks that end at ripgrep's limit; their paths are added to `flooded`. */
function withoutFlooded(piece: Piece, flooded: Set<string>): Piece {
  const isFlooded = ({ start, end }: Block): boolean =>
    end - start >= MAX_LINES_PER_FILE * MIN_LINE_BYTES && countLines(piece.text, start, end) >= MAX_LINES_PER_FILE
  const cut = piece.blocks.filter(isFlooded)
  for (const { path } of cut) flooded.add(path)
  return cut.length === 0 ? piece : { ...piece, blocks: piece.blocks.filter((block) => !cut.includes(block)) }
}

/** The path as ripgrep can be given it; undefined if its bytes are no UTF-8. */
function utf8Path(latin1: string): string | undefined {
  const bytes = Buffer.from(latin1, 'latin1')
  const path = bytes.toString()
  return Buffer.from(path).equals(bytes) ? path : undefined
}

/** One expression beside one plain text: ripgrep looks for both as they are. */
interface ExactPair {
  readonly expression: Member
  readonly plain: Member
  readonly expressions: readonly string[]
}

/** The two greps as such a pair, if they are one. With more texts, the exact expression would cost more than it saves. */
function exactPair(members: readonly Member[]): ExactPair | undefined {
  const plain = members.find((member) => member.isPlain)
  const expression = members.find((member) => !member.isPlain)
  if (members.length !== 2 || plain === undefined || expression === undefined) return undefined
  const exact = exactExpression(expression.search)
  if (exact === undefined) return undefined
  return { expression, plain, expressions: [exact, fusedExpression(plain.search)] }
}

function createMember(one: GrepSearch, undecided: LineStore): Member {
  const needles = requiredTexts(one.search)
  return {
    search: one.search,
    hits: one.createHits(),
    undecided,
    needles,
    isPlain: patternKind(one.search) === 'plain',
  }
}

/** Asks ripgrep about the lines that bytes could not decide; false if it can't be asked. */
async function decide(context: SearchContext, member: Member): Promise<boolean> {
  const store = member.undecided
  if (store.isFull) return false
  if (store.lines.length === 0) return true
  const answer = await askWhichLines(context, member.search, store)
  if (answer === undefined) return context.scope.signal.aborted
  addAnswered(member.hits, store, answer)
  return true
}

/** Adds the lines that ripgrep was asked about, with their occurrences. */
export function addAnswered(hits: Hits, store: LineStore, answer: LineAnswer): void {
  for (const [index, occurrences] of answer) {
    const line = store.lines[index]
    const file = line && hits.file(line.key)
    if (line && file) hits.add(file, line.at, occurrences)
  }
}

/** An invalid pattern is the failure of its own grep. The others are run again without it, or alone if none is found. */
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

function endFailure(context: SearchContext, end: RgEnd): CallFailure | undefined {
  const outOfTime = context.scope.failure()
  if (outOfTime !== undefined) return outOfTime
  if (end.reason === 'stopped') return TOO_MUCH
  // Without a message, only single files could not be read, which isn't a failure of the call.
  return end.exitCode === 2 && end.message !== '' ? { ok: false, code: 'bad-pattern', message: end.message } : undefined
}

/** The outcome of a grep, now. */
export function finish(
  context: SearchContext,
  hits: Hits,
  how: { readonly failure: CallFailure | undefined; readonly isShared: boolean },
): GrepOutcome {
  const failure = how.failure ?? context.scope.failure()
  const result = failure ?? ({ ok: true, files: hits.sorted(), moved: 0 } as const)
  return { result, isShared: how.isShared, doneMs: context.clock.nowMs() }
}

function lazily<Value>(create: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => (made ??= { value: create() }).value
}
