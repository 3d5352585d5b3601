import { linesArgv, verdictArgv } from '../rg/argv.ts'
import { runRg } from '../rg/run.ts'
import type { CallFailure } from '../scope.ts'
import type { SearchContext } from './context.ts'
import type { LineStore } from './line-store.ts'
import type { GrepPattern } from './pattern.ts'

/** Occurrences by the index of the line in the store; lines without any are left out. */
export type LineAnswer = ReadonlyMap<number, number>

/** Asks ripgrep which of the lines a pattern matches; undefined if ripgrep fails. */
export async function askWhichLines(
  context: SearchContext,
  search: GrepPattern,
  store: LineStore,
): Promise<LineAnswer | undefined> {
  const { launcher, rg, root } = context.tree
  const { signal } = context.scope
  const chunks: Buffer[] = []
  const onOutput = (chunk: Buffer): boolean => chunks.push(chunk) > 0
  const argv = linesArgv(search)
  const end = await runRg({ rg, argv, cwd: root, launcher, signal, input: store.text(), onOutput })
  return end.reason === 'done' && end.exitCode < 2 ? readAnswer(Buffer.concat(chunks)) : undefined
}

/** ripgrep's message about an invalid pattern; undefined for a valid one. */
export async function askVerdict(context: SearchContext, search: GrepPattern): Promise<CallFailure | undefined> {
  const { tree, scope } = context
  const { launcher, rg, root } = tree
  const argv = verdictArgv(search)
  const end = await runRg({ rg, argv, cwd: root, launcher, signal: scope.signal, onOutput: () => true })
  if (end.reason === 'aborted') return scope.failure()
  return end.exitCode === 2 ? { ok: false, code: 'bad-pattern', message: end.message } : undefined
}

function readAnswer(output: Buffer): LineAnswer {
  const text = output.toString('latin1')
  const answer = new Map<number, number>()
  for (let at = 0; at < text.length; ) {
    const colon = text.indexOf(':', at)
    const index = Number(text.slice(at, colon)) - 1
    answer.set(index, (answer.get(index) ?? 0) + 1)
    const end = text.indexOf('\n', colon)
    at = end === -1 ? text.length : end + 1
  }
  return answer
}
