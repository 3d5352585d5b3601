import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { FuseSearchError } from '../core/index.ts'
import { asGitError } from './git.ts'
import { firstLine, type Repository, spawnIn } from './repository.ts'

/** An object as stored, without filters, text conversions or line-end changes. */
export interface StoredObject {
  readonly type: string
  readonly oid: string
  readonly bytes: Buffer
}

interface Pending {
  readonly name: string
  readonly resolve: (found: StoredObject | undefined) => void
  readonly reject: (error: unknown) => void
}

/** A long-lived `git cat-file --batch`: many reads with one process. Answers come in the order of the requests. */
export class ObjectReader {
  readonly repository: Repository
  readonly #signal: AbortSignal | undefined
  readonly #pending: Pending[] = []
  #child: ChildProcessWithoutNullStreams
  #chunks: Buffer[] = []
  #held = 0
  /** Bytes needed before parsing continues; avoids joining the chunks of a large object repeatedly. */
  #wanted = 1
  #stderr = ''
  #failure: unknown

  constructor(repository: Repository, signal?: AbortSignal) {
    this.repository = repository
    this.#signal = signal
    this.#child = this.#start()
  }

  /**
   * Reads an object by hash or by `commit:path`; undefined if the repository doesn't have it.
   * @throws FuseSearchError `git-failed` when git ends early, `git-missing` when there is none.
   */
  read(name: string): Promise<StoredObject | undefined> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    // The protocol has one name per line, so a path with a line end can't be requested.
    if (/[\0\n]/.test(name)) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      this.#pending.push({ name, resolve, reject })
      this.#child.stdin.write(`${name}\n`)
    })
  }

  /** Ends the process; waiting reads fail. */
  close(): void {
    this.#fail(this.#ended('it was closed'))
    this.#child.kill()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #start(): ChildProcessWithoutNullStreams {
    const child = spawnIn(this.repository, ['cat-file', '--batch'], this.#signal)
    child.stdout.on('data', (chunk: Buffer) => this.#take(chunk))
    child.stderr.on('data', (chunk: Buffer) => {
      if (this.#stderr.length < 4096) this.#stderr += chunk.toString('utf8')
    })
    child.stdin.on('error', () => undefined)
    child.once('error', (error) => this.#fail(asGitError(error, 'git cat-file --batch')))
    child.once('close', () => this.#goOn())
    return child
  }

  /**
   * In a partial clone git ends at an object that it may not fetch: that one is missing, the others are requested
   * again.
   */
  #goOn(): void {
    const isMissing = /promisor|lazy fetching disabled/.test(this.#stderr)
    const first = this.#failure === undefined && isMissing ? this.#pending.shift() : undefined
    if (first === undefined) {
      this.#fail(this.#ended(firstLine(this.#stderr) || 'git ended early'))
      return
    }
    first.resolve(undefined)
    this.#stderr = ''
    this.#advance(Buffer.alloc(0), 0)
    try {
      this.#child = this.#start()
    } catch (error) {
      this.#fail(error)
    }
    for (const { name } of this.#pending) this.#child.stdin.write(`${name}\n`)
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#held += chunk.length
    while (this.#held >= this.#wanted && this.#parseOne()) {}
  }

  /** Takes one answer from the buffer; false if it isn't complete yet. */
  #parseOne(): boolean {
    const buffer = this.#chunks.length === 1 && this.#chunks[0] ? this.#chunks[0] : Buffer.concat(this.#chunks)
    this.#chunks = [buffer]
    const lineEnd = buffer.indexOf(10)
    if (lineEnd < 0) {
      this.#wanted = this.#held + 1
      return false
    }
    // Only the end of the line is fixed: git echoes the name of a missing object, which may contain spaces.
    const header = /([0-9a-f]{40,64}) ([a-z]+) ([0-9]+)$/.exec(buffer.toString('latin1', 0, lineEnd))
    const [, oid, type, size] = header ?? []
    if (oid === undefined || type === undefined || size === undefined) {
      this.#advance(buffer, lineEnd + 1)
      this.#pending.shift()?.resolve(undefined)
      return this.#held > 0
    }
    const end = lineEnd + 1 + Number(size)
    if (buffer.length < end + 1) {
      this.#wanted = end + 1
      return false
    }
    this.#advance(buffer, end + 1)
    this.#pending.shift()?.resolve({ type, oid, bytes: buffer.subarray(lineEnd + 1, end) })
    return this.#held > 0
  }

  #advance(buffer: Buffer, to: number): void {
    const rest = buffer.subarray(to)
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#held = rest.length
    this.#wanted = 1
  }

  #ended(why: string): FuseSearchError {
    const message = `Reading objects of ${this.repository.name} failed: ${why}. Check the repository with git fsck.`
    return new FuseSearchError(message, { code: 'git-failed' })
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    for (const waiting of this.#pending.splice(0)) waiting.reject(this.#failure)
  }
}
