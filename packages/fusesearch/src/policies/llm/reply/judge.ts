import type { Answer } from '../../../agent/index.ts'
import type { Finish } from '../../../models/index.ts'
import { composeAnswer } from '../answer/compose.ts'
import { answerInProse, type NamedAnswer, readAnswer, readProse } from '../answer/read-answer.ts'
import type { Knowledge } from '../knowledge.ts'
import { nearestPaths } from '../show/nearest.ts'
import type { Interpreted } from './interpret.ts'

/** An interpreted reply, and what the turn allows. */
export interface ReplyToJudge {
  readonly interpreted: readonly Interpreted[]
  readonly prose: string
  readonly finish: Finish
  readonly mustAnswer: boolean
  /** True for a model without tools, which can't search before it answers. */
  readonly mayBeBlind: boolean
  /** True if this turn already sent back an answer whose paths no call had shown. */
  readonly wasSentBack: boolean
  /** True if the turn may have no further reply. */
  readonly isLastRound: boolean
}

/** An answer that the model repeats although no call showed any of its paths. */
export interface BlindAnswer {
  readonly kind: 'blind'
  readonly answer: Answer
  readonly paths: readonly string[]
}

/** The verdict on a reply. `again`: the model gets `message` and is asked again; `blind` is the answer sent back. */
export type Judged = { readonly notes: readonly string[] } & (
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'calls' }
  | { readonly kind: 'again'; readonly message: string; readonly blind?: Answer }
  | BlindAnswer
)

/** Most names of a list in a sentence. */
const MAX_NAMED = 5

/** Judges a reply: an answer to take, calls to run, or a reason to ask again. */
export async function judgeReply(reply: ReplyToJudge, knowledge: Knowledge): Promise<Judged> {
  const { interpreted, prose, mustAnswer, isLastRound } = reply
  const judge = (named: NamedAnswer, notes: readonly string[]): Promise<Judged> =>
    judgeAnswer({ named, notes, reply, calls: calls.length }, knowledge)
  const answers = interpreted.filter((one) => one.kind === 'answer')
  const calls = interpreted.filter((one) => one.kind === 'call')
  if (answers.length > 0) {
    const named = answers.map(({ value }) => readAnswer(value)).find((one) => one !== undefined)
    const beside = calls.length === 0 ? [] : [`${calls.length} calls beside the answer were not run.`]
    if (named !== undefined) return judge(named, beside)
    const message =
      'The answer names no file. Call `answer` with {"files": [{"path": "…", "functions": [{"name": "…"}]}]}.'
    return { kind: 'again', message, notes: ['The answer named no file.'] }
  }
  if (calls.length > 0 && !mustAnswer) return { kind: 'calls', notes: [] }
  const written = answerInProse(prose)
  if (written !== undefined) return judge(written, ['The answer was taken from JSON in the text of the reply.'])
  const told = calls.length === 0 && (mustAnswer || isLastRound) ? readProse(prose, knowledge) : undefined
  if (told === undefined) return { kind: 'again', ...reasonToAskAgain(reply) }
  return judge(told, ['The answer was taken from the words of the reply.'])
}

interface GivenAnswer {
  readonly named: NamedAnswer
  readonly notes: readonly string[]
  readonly reply: ReplyToJudge
  /** Number of calls in the same reply that could run. */
  readonly calls: number
}

/**
 * Sends back an answer once if no call showed any of its paths, so that the model looks first. If calls showed some of
 * its paths, the answer is taken, and the check against the repository decides on the others.
 */
async function judgeAnswer({ named, notes, reply, calls }: GivenAnswer, knowledge: Knowledge): Promise<Judged> {
  const composed = await composeAnswer(named, knowledge)
  const all = [...notes, ...composed.notes]
  const { answer } = composed
  const unseen = [...new Set(composed.unseen)]
  if (unseen.length === 0 || reply.mayBeBlind) return { kind: 'answer', answer, notes: all }
  const fact = `The answer names what no call has shown: ${listOf(unseen)}.`
  if (unseen.length < answer.files.length) return { kind: 'answer', answer, notes: [...all, fact] }
  // The reply already has calls, which is what the model would be told to make.
  if (calls > 0 && !reply.mustAnswer) return { kind: 'calls', notes: [...composed.notes, `${fact} It was not taken.`] }
  const canLook = !reply.mustAnswer || knowledge.files.size > 0
  if (reply.wasSentBack || reply.isLastRound || !canLook)
    return { kind: 'blind', answer, paths: unseen, notes: [...all, fact] }
  const nearest = unseen.flatMap((path) => nearestPaths(path, knowledge.files.keys()))
  const help = nearest.length === 0 ? '' : ` Nearest paths seen: ${listOf([...new Set(nearest)])}.`
  const look = reply.mustAnswer ? 'Answer' : 'Look first: call tools, then answer'
  const message = `${fact}${help} ${look} with paths as the tools show them.`
  return { kind: 'again', message, blind: answer, notes: [...all, fact] }
}

function reasonToAskAgain({ interpreted, finish, mustAnswer, prose }: ReplyToJudge): {
  message: string
  notes: readonly string[]
} {
  if (mustAnswer && interpreted.length > 0) {
    return {
      message: 'Only an answer is taken now. Call `answer`.',
      notes: ['The model called tools where an answer was due.'],
    }
  }
  // The result of each call says what is wrong with it.
  if (interpreted.length > 0) return { message: '', notes: [] }
  const what = mustAnswer ? 'Call `answer` now.' : 'Call tools to search, or `answer` to end.'
  if (finish === 'length') {
    return {
      message: `Your reply was cut off before any call. Be brief. ${what}`,
      notes: ['A reply was cut off before any call.'],
    }
  }
  if (finish === 'filtered')
    return { message: `Your reply was withheld. ${what}`, notes: ['The endpoint withheld a reply.'] }
  const fact = prose === '' ? 'Your reply was empty.' : 'Your reply held no tool call.'
  return { message: `${fact} ${what}`, notes: [prose === '' ? 'A reply was empty.' : 'A reply held no tool call.'] }
}

function listOf(names: readonly string[]): string {
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : ''
  return `${names
    .slice(0, MAX_NAMED)
    .map((name) => name.slice(0, 200))
    .join(', ')}${more}`
}
