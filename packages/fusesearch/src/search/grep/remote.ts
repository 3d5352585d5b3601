import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shownPath } from '../names.ts'
import { type RemoteFiles, type RemoteText, remoteFailure } from '../remote.ts'
import type { Piece } from '../rg/pieces.ts'
import { mapLimited } from '../scope.ts'
import { openTree } from '../tree.ts'
import { askVerdict, askWhichLines } from './ask.ts'
import type { SearchContext } from './context.ts'
import { type FileHits, Hits } from './hits.ts'
import { forEachLine, LineStore } from './line-store.ts'
import { type GrepPattern, patternKind, requiredTexts } from './pattern.ts'
import { attributeLines } from './plain.ts'
import { addAnswered, finish, type GrepSearch, searchAlone } from './search.ts'
import type { GrepOutcome } from './walked.ts'

/** Questions to the index at a time; it uses all its cores for each. */
const GREPS_AT_ONCE = 2

/**
 * Runs greps over files that lie elsewhere. The index names lines that may match, and ripgrep decides which of them do,
 * so that the outcomes are those of the same files in a folder. Where the index can't look for a pattern, files are
 * fetched and searched here, and the outcome says so.
 */
export function searchRemote(
  context: SearchContext,
  remote: RemoteFiles,
  searches: readonly GrepSearch[],
): Promise<readonly GrepOutcome[]> {
  return mapLimited(searches, GREPS_AT_ONCE, async (given) => {
    try {
      return await searchOne(context, remote, { ...given, search: withoutFlag(given.search) })
    } catch (error) {
      const failure = context.scope.failure() ?? remoteFailure(error)
      if (failure !== undefined) return finish(context, given.createHits(), { failure, isShared: false })
      throw error
    }
  })
}

const IGNORE_CASE_FLAG = '(?i)'

/** The flag that models write most, as the option that means the same. */
function withoutFlag(search: GrepPattern): GrepPattern {
  if (search.literal || !search.pattern.startsWith(IGNORE_CASE_FLAG)) return search
  const plain = { ...search, ignoreCase: true, pattern: search.pattern.slice(IGNORE_CASE_FLAG.length) }
  return patternKind(plain) === 'alone' ? search : plain
}

/**
 * What to ask the index for a pattern some of whose parts ignore case: all of it in any case, which finds more lines.
 * Undefined for other patterns that can't be told line by line.
 */
function withoutInnerFlags(search: GrepPattern): GrepPattern | undefined {
  const pattern = search.pattern.replaceAll(INNER_FLAG, '(?:')
  const loose = { ...search, pattern, ignoreCase: true }
  return pattern !== search.pattern && patternKind(loose) === 'expression' ? loose : undefined
}

const INNER_FLAG = '(?i:'

async function searchOne(context: SearchContext, remote: RemoteFiles, one: GrepSearch): Promise<GrepOutcome> {
  const { search, globs } = one
  const kind = patternKind(search)
  const hits = one.createHits()
  const asked = kind === 'alone' ? withoutInnerFlags(search) : search
  // ripgrep's own verdict, as the index has another syntax.
  const invalid = kind === 'plain' ? undefined : await askVerdict(context, search)
  if (invalid !== undefined) return finish(context, hits, { failure: invalid, isShared: false })
  if (asked === undefined) return searchHere(context, remote, one)
  const question = { search: asked, globs, signal: context.scope.signal }
  if (kind === 'plain' && !search.word && hits.options.mode === 'paths') {
    const found = await remote.filesWith(question)
    if ('ok' in found) return finish(context, hits, { failure: found, isShared: false })
    for (const key of found) {
      const file = hits.file(key)
      if (file !== undefined) file.count = 1
    }
    return finish(context, hits, { failure: undefined, isShared: false })
  }
  const failure = await remote.lines(question, (piece) => addPiece(context, { search, hits, piece }))
  return finish(context, hits, { failure, isShared: false })
}

interface FoundPiece {
  readonly search: GrepPattern
  readonly hits: Hits
  readonly piece: Piece
}

/** Adds the lines of a piece that match: bytes decide about most of them, ripgrep about the others. */
async function addPiece(context: SearchContext, { search, hits, piece }: FoundPiece): Promise<void> {
  const undecided = new LineStore({ bytesLeft: Number.POSITIVE_INFINITY })
  const kind = patternKind(search)
  const needles = kind === 'alone' ? [] : requiredTexts(search)
  const isPlain = kind === 'plain'
  if (needles.length > 0) {
    attributeLines({ search, hits, undecided, needles, isPlain }, piece, () => piece.text.toLowerCase())
  } else {
    for (const block of piece.blocks) {
      if (hits.file(block.path) === undefined) continue
      forEachLine(piece, block, (at) => {
        undecided.add(block.path, at)
        return undefined
      })
    }
  }
  if (undecided.lines.length === 0) return
  const answer = await askWhichLines(context, search, undecided)
  context.scope.signal.throwIfAborted()
  if (answer === undefined) throw new Error('ripgrep gave no answer about lines')
  addAnswered(hits, undecided, answer)
}

/** Fetches the files and searches them in a private folder, which is removed again. */
async function searchHere(context: SearchContext, remote: RemoteFiles, one: GrepSearch): Promise<GrepOutcome> {
  const hits = one.createHits()
  const { signal } = context.scope
  const texts = await remote.texts(one.globs, signal)
  if ('ok' in texts) return finish(context, hits, { failure: texts, isShared: false })
  const wanted = texts.filter(({ key }) => hits.file(key) !== undefined)
  const folder = await mkdtemp(join(tmpdir(), 'fusesearch-remote-'))
  try {
    const names = await writeTexts(folder, wanted)
    const tree = await openTree({ root: folder, ignoreRules: 'none', rg: context.tree.rg })
    const createHits = (): Hits => new Hits({ ...hits.options, accepts: () => true })
    const { result, ...rest } = await searchAlone({ ...context, tree }, { ...one, globs: [], createHits })
    if (!result.ok) return { ...rest, result }
    const files = result.files.map((file) => renamed(file, names))
    const note = `${remote.name} can't look for this pattern, so ${wanted.length} files were fetched and searched here.`
    return { ...rest, result: { ...result, files, note } }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Writes each text under a number, so that no name from elsewhere reaches the disk; the numbers have the order of the keys. */
async function writeTexts(folder: string, texts: readonly RemoteText[]): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  await mapLimited([...texts.entries()], 4, async ([index, { key, text }]) => {
    const name = `${index}`.padStart(9, '0')
    names.set(name, key)
    await writeFile(join(folder, name), text)
  })
  return names
}

function renamed(file: FileHits, names: ReadonlyMap<string, string>): FileHits {
  const key = names.get(file.key) ?? file.key
  return { ...file, key, path: shownPath(key) }
}
