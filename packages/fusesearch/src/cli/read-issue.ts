import { createReadStream, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { FuseSearchError } from '../core/index.ts'
import { refuseSize } from '../locate/index.ts'
import type { Terminal } from './command.ts'

/** Where the text of the issue is. */
export interface IssueSource {
  /** The argument: the text itself, or `-` for standard input. */
  readonly argument: string | undefined
  /** `--file`; `-` for standard input. */
  readonly file: string | undefined
}

/**
 * The text of the issue from an argument, a file or standard input; reads no more than an issue may have.
 * Throws `bad-argument` if it is given twice or not at all, `bad-issue` if it can't be read or is too large.
 */
export async function readIssue({ argument, file }: IssueSource, terminal: Terminal): Promise<string> {
  if (argument !== undefined && file !== undefined) {
    throw badArgument('The issue is given twice, as an argument and with --file. Leave one of them out.')
  }
  if (argument === '-' || file === '-') return readAll(terminal.stdin, terminal.signal)
  if (file !== undefined) return readFileOf(file, terminal)
  if (argument !== undefined) return refuseFileName(argument, terminal)
  if (!terminal.stdin.isTTY) return readAll(terminal.stdin, terminal.signal)
  throw badArgument('There is no issue. Pass its text as an argument, with --file FILE, or through a pipe.')
}

/** The text of a question from an argument or standard input, by the same limits. Throws `bad-argument` without one. */
export async function readQuestion(argument: string | undefined, terminal: Terminal): Promise<string> {
  if (argument === '-' || (argument === undefined && !terminal.stdin.isTTY)) {
    return readAll(terminal.stdin, terminal.signal)
  }
  if (argument === undefined) throw badArgument('There is no question. Pass it as an argument or through a pipe.')
  return argument
}

async function readFileOf(file: string, { cwd, signal }: Terminal): Promise<string> {
  const path = resolve(cwd, file)
  const facts = statSync(path, { throwIfNoEntry: false })
  if (facts === undefined) throw badIssue(`There is no file ${file}. Check the name given to --file.`)
  if (facts.isDirectory()) throw badIssue(`${file} is a folder. Give --file a file with the issue.`)
  if (facts.isFile()) refuseSize(facts.size)
  try {
    return await readAll(createReadStream(path), signal)
  } catch (error) {
    if (error instanceof FuseSearchError || signal.aborted) throw error
    const reason = error instanceof Error ? error.message.split(', ')[0] : String(error)
    throw badIssue(`${file} can't be read (${reason}). Check its permissions.`)
  }
}

/** A single word that is a file here is more likely a forgotten --file than an issue. */
function refuseFileName(argument: string, { cwd }: Terminal): string {
  const isWord = !/\s/.test(argument) && argument.length < 256 && !argument.includes('\0')
  if (isWord && statSync(resolve(cwd, argument), { throwIfNoEntry: false })?.isFile()) {
    throw badArgument(`${argument} is a file. To read the issue from it, use --file ${argument}.`)
  }
  return argument
}

async function readAll(stream: Readable, signal: AbortSignal): Promise<string> {
  const stop = (): void => void stream.destroy(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of stream) {
      const part = chunk as Buffer
      bytes += part.length
      refuseSize(bytes)
      chunks.push(part)
    }
  } finally {
    signal.removeEventListener('abort', stop)
  }
  return new TextDecoder('utf-8').decode(Buffer.concat(chunks))
}

function badArgument(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}

function badIssue(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-issue' })
}
