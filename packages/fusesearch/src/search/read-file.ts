import { isAscii } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { posix } from 'node:path'
import { hasGitComponent, untilAborted } from '../core/index.ts'
import { decodeLine, type HitLine } from './grep/hits.ts'
import { nearestPaths } from './nearest/paths.ts'
import { type FileRefusal, type OpenedFile, openFile, systemCode } from './open-file.ts'
import { type RemoteFiles, remoteFailure } from './remote.ts'
import type { CallFailure, Scope } from './scope.ts'
import { type ToUtf8, toUtf8, utf8Converter } from './text.ts'
import type { ReadFileArguments, ToolLimits } from './tool.ts'
import type { Tree } from './tree.ts'

/** The requested lines, before the limits of the call cut them. */
export interface FoundLines {
  readonly ok: true
  /** The path as in listings. */
  readonly path: string
  readonly lines: readonly HitLine[]
  readonly totalLines: number
}

/** Where a file is read. */
export interface ReadContext {
  readonly tree: Tree
  readonly limits: ToolLimits
  readonly scope: Scope
}

/** Reads a file of the tree. Any problem with the path is the call's failure; links are never followed. */
export async function readLines(context: ReadContext, read: ReadFileArguments): Promise<CallFailure | FoundLines> {
  const refusal = refusePath(read.path)
  if (refusal !== undefined) return refusal
  const path = posix.normalize(read.path).replace(/(?<=.)\/$/, '')
  if (context.tree.remote !== undefined) return readRemote(context, { ...read, path }, context.tree.remote)
  const opened = await openFile(context.tree, path)
  if (opened.kind !== 'file') return context.scope.failure() ?? explain(context, path, opened)
  try {
    return await readOpened(context, { ...read, path }, opened)
  } catch (error) {
    return context.scope.failure() ?? explain(context, path, { kind: 'failed', code: systemCode(error) })
  } finally {
    await opened.handle.close()
  }
}

/** More of one file is never fetched. */
const MAX_REMOTE_BYTES = 64_000_000

async function readRemote(
  context: ReadContext,
  read: ReadFileArguments,
  remote: RemoteFiles,
): Promise<CallFailure | FoundLines> {
  const { limits, scope } = context
  try {
    const found = await untilAborted(remote.read(read.path, MAX_REMOTE_BYTES), scope.signal)
    switch (found.kind) {
      case 'text':
        return tooLarge(read, found.text.length, limits) ?? scanned(read, limits, found.text)
      case 'missing':
        return explain(context, read.path, { kind: 'failed', code: 'ENOENT' })
      case 'folder':
        return explain(context, read.path, { kind: 'folder' })
      case 'too-large':
        return fail('too-large', read.path, `has more than ${MAX_REMOTE_BYTES} bytes.`)
      case 'not-indexed':
        return found.isBinary
          ? fail('binary-file', read.path, 'is binary: it has NUL bytes.')
          : fail('unreadable', read.path, `is not in the index of ${remote.name}: it ${found.reason}.`)
    }
  } catch (error) {
    const failure = scope.failure() ?? remoteFailure(error)
    if (failure !== undefined) return failure
    throw error
  }
}

function scanned(read: ReadFileArguments, limits: ToolLimits, text: Buffer): CallFailure | FoundLines {
  const scanner = new LineScanner(read, limits)
  scanner.push(text)
  return scanner.end()
}

function fail(code: CallFailure['code'], path: string, fact: string): CallFailure {
  return { ok: false, code, message: `${shorten(path)} ${fact}` }
}

function refusePath(path: string): CallFailure | undefined {
  const refuse = (code: CallFailure['code'], fact: string): CallFailure => fail(code, path, fact)
  if (path === '' || path.includes('\0')) return refuse('bad-arguments', 'is no path. Give one as glob lists it.')
  const isOutside = path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path) || path.split('/').includes('..')
  if (isOutside) return refuse('outside-repository', 'is not below the root. Give a path as glob lists it.')
  // Git's own files hold later commits and credentials, and aren't source.
  if (hasGitComponent(path))
    return refuse('outside-repository', "belongs to git's own records. Give a path as glob lists it.")
  return undefined
}

async function readOpened(
  context: ReadContext,
  read: ReadFileArguments,
  { handle, stat }: OpenedFile,
): Promise<CallFailure | FoundLines> {
  const { limits } = context
  const refusal = tooLarge(read, stat.size, limits)
  if (refusal !== undefined) return refusal
  const scanner = new LineScanner(read, limits)
  if (stat.size <= limits.maxFileBytes) scanner.push(toUtf8(await handle.readFile()))
  else await scanLarge(context, handle, scanner)
  return scanner.end()
}

function tooLarge(read: ReadFileArguments, bytes: number, limits: ToolLimits): CallFailure | undefined {
  const hasRange = read.startLine !== undefined || read.endLine !== undefined
  if (bytes <= limits.maxFileBytes || hasRange) return undefined
  return fail(
    'too-large',
    read.path,
    `has ${bytes} bytes, more than ${limits.maxFileBytes}. Give startLine and endLine.`,
  )
}

const CHUNK_BYTES = 1 << 20

async function scanLarge(context: ReadContext, handle: FileHandle, scanner: LineScanner): Promise<void> {
  let convert: ToUtf8 | undefined
  for (let position = 0; ; ) {
    context.scope.signal.throwIfAborted()
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position)
    const bytes = buffer.subarray(0, bytesRead)
    convert ??= utf8Converter(bytes)
    if (!scanner.push(convert(bytes, bytesRead === 0)) || bytesRead === 0) return
    position += bytesRead
  }
}

const NOTHING = Buffer.alloc(0)
const NEWLINE = 0x0a

/** Lines that are parts of a text keep all of it in memory, so of a larger one only what may be shown is decoded at once. */
const MAX_TEXT_AT_ONCE = 1_000_000

/** Reads a file's lines and keeps those of a range; keeps no more of a line than can be shown. */
class LineScanner {
  private readonly lines: HitLine[] = []
  /** Bytes that the kept lines have at least when they are shown. */
  private keptBytes = 0
  private readonly startLine: number
  private readonly endLine: number
  private readonly hasRange: boolean
  private line = 1
  private pending: Buffer = NOTHING
  private hasBytes = false
  private isBinary = false

  private readonly read: ReadFileArguments
  private readonly limits: ToolLimits

  constructor(read: ReadFileArguments, limits: ToolLimits) {
    this.read = read
    this.limits = limits
    this.startLine = Math.max(1, read.startLine ?? 1)
    this.endLine = read.endLine ?? Number.POSITIVE_INFINITY
    this.hasRange = read.startLine !== undefined || read.endLine !== undefined
  }

  /** Reads the next bytes; false when no more are needed. */
  push(chunk: Buffer): boolean {
    this.isBinary ||= chunk.includes(0)
    if (this.isBinary) return false
    const atOnce = this.hasBytes || this.hasRange ? 0 : this.bytesAtOnce(chunk)
    const beginning = chunk.subarray(0, atOnce)
    const isPlain = atOnce > 0 && isAscii(beginning)
    if (isPlain) this.pushAscii(beginning)
    this.pushBytes(isPlain ? chunk.subarray(atOnce) : chunk)
    return true
  }

  /** All of a text, or the whole lines of a larger one that a call may show. */
  private bytesAtOnce(chunk: Buffer): number {
    if (chunk.length <= MAX_TEXT_AT_ONCE) return chunk.length
    return chunk.lastIndexOf(NEWLINE, Math.min(this.limits.maxBytesPerCall, MAX_TEXT_AT_ONCE)) + 1
  }

  /** The text is decoded once, and its lines are parts of it. */
  private pushAscii(chunk: Buffer): void {
    const text = chunk.toString('latin1')
    let start = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      if (this.isWanted()) this.keep(asciiLine(text.slice(start, end), this.line, this.limits.maxLineLength))
      this.line += 1
      start = end + 1
    }
    if (start < chunk.length) this.hold(chunk, start, chunk.length)
  }

  private pushBytes(chunk: Buffer): void {
    for (let start = 0; start < chunk.length; ) {
      if (this.isPastWanted()) return this.countRest(chunk, start)
      const newline = chunk.indexOf(NEWLINE, start)
      const end = newline === -1 ? chunk.length : newline
      if (newline !== -1 && this.pending.length === 0) this.takeLine(chunk, start, end)
      else {
        this.hold(chunk, start, end)
        if (newline !== -1) this.takeLine(this.pending, 0, this.pending.length)
      }
      start = end + 1
    }
  }

  end(): CallFailure | FoundLines {
    const path = shorten(this.read.path)
    if (this.isBinary) return { ok: false, code: 'binary-file', message: `${path} is binary: it has NUL bytes.` }
    if (this.hasBytes) this.takeLine(this.pending, 0, this.pending.length)
    const totalLines = this.line - 1
    if (this.lines.length === 0 && this.startLine > Math.max(1, totalLines)) {
      const message = `${path} has ${totalLines} lines, and startLine is ${this.startLine}. Give a smaller one.`
      return { ok: false, code: 'bad-arguments', message }
    }
    return { ok: true, path: this.read.path, lines: this.lines, totalLines }
  }

  /** Most of a large file can't be shown, so its lines are only counted. */
  private countRest(chunk: Buffer, start: number): void {
    for (let at = start; at < chunk.length; at += 1) if (chunk[at] === NEWLINE) this.line += 1
    this.pending = NOTHING
    this.hasBytes = chunk.at(-1) !== NEWLINE
  }

  /** True for a line that may be shown. */
  private isWanted(): boolean {
    return this.line >= this.startLine && !this.isPastWanted()
  }

  /** True if neither this line nor a later one may be shown. One line more than a call can show tells that something was left out. */
  private isPastWanted(): boolean {
    const { maxBytesPerCall, maxLinesPerCall } = this.limits
    return this.line > this.endLine || this.lines.length > maxLinesPerCall || this.keptBytes > maxBytesPerCall
  }

  private keep(line: HitLine): void {
    this.lines.push(line)
    this.keptBytes += line.text.length + 1
  }

  /** Keeps the beginning of a line whose end is in a later chunk. */
  private hold(chunk: Buffer, start: number, end: number): void {
    this.hasBytes ||= end > start
    const room = 3 * this.limits.maxLineLength + 16 - this.pending.length
    if (!this.isWanted() || room <= 0) return
    const part = chunk.subarray(start, Math.min(end, start + room))
    this.pending = this.pending.length === 0 ? part : Buffer.concat([this.pending, part])
  }

  private takeLine(bytes: Buffer, start: number, end: number): void {
    if (this.isWanted()) this.keep(decodeLine({ line: this.line, bytes, start, end }, this.limits.maxLineLength))
    this.pending = NOTHING
    this.hasBytes = false
    this.line += 1
  }
}

/** What `decodeLine` gives for a line of ASCII. */
function asciiLine(text: string, line: number, maxLength: number): HitLine {
  const end = text.endsWith('\r') ? text.length - 1 : text.length
  const isCut = end > maxLength
  return { line, text: text.slice(0, isCut ? maxLength : end), isCut }
}

/** A file that can't be opened as the call's failure. */
async function explain(context: ReadContext, path: string, refusal: FileRefusal): Promise<CallFailure> {
  const refuse = (code: CallFailure['code'], fact: string): CallFailure => fail(code, path, fact)
  switch (refusal.kind) {
    case 'folder':
      return refuse('not-a-file', `is a folder. glob with "${shorten(path)}/" lists its files.`)
    case 'special':
      return refuse('not-a-file', 'is no regular file.')
    case 'outside':
      return refuse('outside-repository', 'leads out of the repository through a link, which is never followed.')
    case 'link':
      return refuse('not-found', `is reached through a link. Read ${shorten(refusal.to)} instead.`)
    case 'changed':
      return refuse('unreadable', 'led elsewhere while it was opened. Read it again.')
    case 'failed':
      return MISSING.has(refusal.code)
        ? notFound(context, path)
        : refusal.code === 'ELOOP'
          ? refuse('not-found', 'is a link, which is never followed.')
          : refuse('unreadable', `cannot be read (${refusal.code}).`)
  }
}

const MISSING: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'])

const MAX_SUGGESTIONS = 3

/** For a missing file: suggests the nearest files if the limits ask for it, otherwise files of the same name elsewhere. */
async function notFound({ tree, scope, limits }: ReadContext, path: string): Promise<CallFailure> {
  const most = limits.suggestions ?? 0
  const files = await filesNear(tree, most > 0 ? undefined : path, scope.signal)
  const suggestions = nearestPaths([path], files, most)
  const fact = `${shorten(path)} does not exist.`
  if (suggestions.length > 0) return { ok: false, code: 'not-found', message: fact, suggestions }
  return { ok: false, code: 'not-found', message: `${fact}${sameName(path, files)}` }
}

/** All files, or of files that lie elsewhere those alone that have the name of a path. */
function filesNear(tree: Tree, path: string | undefined, signal: AbortSignal): Promise<readonly string[]> {
  if (tree.remote === undefined || path === undefined) return tree.listFiles(signal)
  return tree.remote.paths([posix.basename(path).replaceAll(/[\\*?[\]{}()!]/g, '\\$&')], false, signal)
}

function sameName(path: string, files: readonly string[]): string {
  const name = posix.basename(path)
  const near = files.filter((file) => posix.basename(file) === name).slice(0, MAX_SUGGESTIONS)
  return near.length === 0 ? ' glob lists what there is.' : ` Of the same name: ${near.map(shorten).join(', ')}.`
}

const MAX_SHOWN_PATH = 300

function shorten(path: string): string {
  return path.length > MAX_SHOWN_PATH ? `${path.slice(0, MAX_SHOWN_PATH)}…` : path
}
