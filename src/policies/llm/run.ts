import type { Answer, Decision, PastTurn, PolicyRun, RunFailure, State, TurnReport } from '../../agent/index.ts'
import { FuseSearchError } from '../../core/index.ts'
import type { ChatReply, ChatRequest } from '../../models/index.ts'
import type { ToolName } from '../../tools/index.ts'
import { guessAnswer } from './answer/guess.ts'
import { Conversation } from './conversation.ts'
import { Knowledge } from './knowledge.ts'
import type { Settings } from './options.ts'
import { ANSWER_TOOL, type Prompts } from './prompts.ts'
import { type Interpreted, interpretCall } from './reply/interpret.ts'
import { judgeReply } from './reply/judge.ts'
import { MAX_CALLS_READ, type ReadReply, readReply } from './reply/read-reply.ts'
import { type Companion, startCompanion } from './seed.ts'
import { showTurn } from './show/show-turn.ts'
import { ShownLines } from './show/shown-lines.ts'
import { createSpending, type Spending } from './spend.ts'
import { createStandIn, nothingSaid, nothingSeen, openPatience, outOfBudget, type StandIn } from './stand-in.ts'
import { createTokenEstimate } from './tokens.ts'
import { createIds, type PendingCall, resultsOf, sortCalls } from './turn-log.ts'

/** Replies beyond the first that a turn may take, when none before could be gone on with. */
export const MAX_REPAIR_ROUNDS = 2
const NOTHING_SAID = nothingSaid(MAX_REPAIR_ROUNDS + 1)

/** What starts a run. */
export interface LlmRunOptions {
  readonly settings: Settings
  readonly prompts: () => Promise<Prompts>
  readonly issue: string
  readonly seed: number
  /** Those that calls may name. */
  readonly tools: readonly ToolName[]
}

/** What asking the model in one turn goes with. */
interface Asking {
  readonly state: State
  readonly conversation: Conversation
  readonly prompts: Prompts
  readonly signal: AbortSignal
  readonly mustAnswer: boolean
  /** Settled when the fallback has its answer. */
  readonly fallback: Promise<void> | undefined
}

/** One localization by a model: past turns become messages, its replies become decisions. */
export class LlmRun implements PolicyRun {
  readonly #settings: Settings
  readonly #loadPrompts: () => Promise<Prompts>
  readonly #seed: number
  readonly #knowledge = new Knowledge()
  readonly #shown = new ShownLines()
  readonly #estimate = createTokenEstimate()
  readonly #spending: Spending
  readonly #beginner: Companion | undefined
  readonly #fallback: Companion | undefined
  readonly #idOf = createIds()
  #conversation: Conversation | undefined
  #pending: readonly PendingCall[] = []
  #absorbed = 0
  #isSpent = false
  /** Set once the model has failed and the fallback decides. */
  #standIn: StandIn | undefined
  #notes: string[] = []

  constructor({ settings, prompts, ...started }: LlmRunOptions) {
    const { fallback, seedWith } = settings
    this.#settings = settings
    this.#loadPrompts = prompts
    this.#seed = started.seed
    this.#spending = createSpending(settings.spend, this.#estimate)
    this.#beginner = seedWith && startCompanion(seedWith, started)
    this.#fallback = fallback === seedWith ? this.#beginner : fallback && startCompanion(fallback, started)
  }

  async next(state: State, signal: AbortSignal): Promise<Decision> {
    if (this.#standIn !== undefined) return this.#standFor(this.#standIn, state, signal)
    const prompts = await this.#loadPrompts()
    const conversation = this.#takeIn(state, prompts)
    const seeded = await this.#seedTurn(state, signal)
    if (seeded !== undefined) return seeded
    // Beside the request, so that its answer is ready whenever the endpoint fails or the deadline passes.
    const fallback = this.#settings.fallback && this.#fallback?.follow(state, signal)
    fallback?.catch(() => undefined)
    const mustAnswer = state.mustAnswer || this.#settings.noTools || this.#isSpent
    const canHandOver = fallback !== undefined && !state.mustAnswer && !this.#settings.noTools
    // One turn with calls is left: enough for the fallback to find something where the model found nothing at all.
    const isLost = state.turn > 1 && state.left.turns === 1 && this.#knowledge.files.size === 0
    if (canHandOver && isLost) return this.#handOver(nothingSeen(state.turn - 1), { state, signal, fallback })
    const patience = openPatience(canHandOver ? state.left.ms : Infinity, signal, this.#settings.model.name)
    try {
      const asking = { state, conversation, prompts, signal: patience.signal, mustAnswer, fallback }
      const decision = await this.#ask(asking)
      if (decision !== undefined) return decision
      if (canHandOver) return await this.#handOver(NOTHING_SAID, { state, signal, fallback })
      this.#notes.push(NOTHING_SAID.message)
      return { kind: 'calls', calls: [] }
    } catch (error) {
      signal.throwIfAborted()
      if (!canHandOver || !(error instanceof FuseSearchError)) throw error
      return await this.#handOver(error, { state, signal, fallback })
    } finally {
      patience.close()
      await fallback
    }
  }

  answerNow(state: State): Answer {
    if (this.#standIn !== undefined) {
      this.#notes.push(this.#standIn.endNote)
      return this.#standIn.answerNow(state)
    }
    const answer = this.#settings.fallback && this.#fallback?.answer()
    const guess = answer ?? guessAnswer(this.#knowledge)
    const what =
      answer !== undefined
        ? `this is the answer of the policy ${this.#settings.fallback?.name} from what the run had seen`
        : guess.files.length > 0
          ? 'the file that it looked into most stands in for one'
          : 'and nothing was seen that could stand in for one'
    this.#notes.push(`The model gave no answer: ${what}.`)
    return guess
  }

  takeReport(): TurnReport {
    const notes = this.#notes
    this.#notes = []
    const model = this.#spending.take()
    return { notes, ...(model === undefined ? {} : { model }) }
  }

  /** The fallback searches on from this turn, with all that was seen so far. */
  async #handOver(
    failure: RunFailure,
    { state, signal, fallback }: Pick<Asking, 'state' | 'signal' | 'fallback'>,
  ): Promise<Decision> {
    // It must have taken in what was seen before it decides.
    await fallback
    const { fallback: policy } = this.#settings
    if (this.#fallback === undefined || policy === undefined) throw new Error('there is no fallback to hand over to')
    const { code, message } = failure
    const facts = { name: policy.name, turn: state.turn, failure: { code, message } }
    this.#standIn = createStandIn(this.#fallback, facts)
    this.#notes.push(this.#standIn.startNote)
    return this.#standFor(this.#standIn, state, signal)
  }

  async #standFor(standIn: StandIn, state: State, signal: AbortSignal): Promise<Decision> {
    const decision = await standIn.next(state, signal)
    if (decision.kind === 'answer') this.#notes.push(standIn.endNote)
    return decision
  }

  /** Shows the model what its calls brought, or the issue on the first turn. */
  #takeIn(state: State, prompts: Prompts): Conversation {
    const { toolForm } = this.#settings
    const user = (): string => prompts.issue({ issue: state.issue, notice: this.#notice(state, prompts) })
    this.#conversation ??= new Conversation(toolForm, { system: prompts.system, user: user() })
    for (const past of state.past.slice(this.#absorbed))
      this.#takeInTurn(state, { past, prompts, conversation: this.#conversation })
    return this.#conversation
  }

  #takeInTurn(
    state: State,
    {
      past,
      prompts,
      conversation,
    }: { readonly past: PastTurn; readonly prompts: Prompts; readonly conversation: Conversation },
  ): void {
    const turn = ++this.#absorbed
    const { context: options } = this.#settings
    const fold = options.foldAfterTurns === null ? 0 : turn - options.foldAfterTurns
    if (fold > 0) {
      conversation.fold(fold)
      this.#shown.forget(fold)
    }
    const context = { options, estimate: this.#estimate, shown: this.#shown, knowledge: this.#knowledge }
    const results = resultsOf(this.#pending, { past, shown: showTurn(turn, past, context) })
    const held = this.#pending.map((call) => call.held)
    this.#pending = []
    const standing = this.#estimate.ofRequest({ messages: conversation.messages, tools: prompts.tools })
    const added = results.reduce((sum, { text }) => sum + this.#estimate.of(text), 0)
    this.#isSpent ||= this.#spending.isLast(standing + added)
    conversation.addResults(held, results, { turn, notice: this.#notice(state, prompts) })
  }

  #notice(state: State, prompts: Prompts): string {
    const turns = state.turn + state.left.turns
    if (this.#settings.noTools || state.mustAnswer) return prompts.lastTurn({ turn: state.turn, turns })
    if (this.#isSpent) return prompts.lastTurn({ turn: state.turn, turns: state.turn })
    const { breadth, spend } = this.#settings
    const most = breadth === 'adaptive' ? state.left.breadth : Math.min(breadth, state.left.breadth)
    const { inputTokens, outputTokens } = this.#spending.total
    const left = Math.max(0, (spend.maxTokens ?? 0) - inputTokens - outputTokens)
    const budget = spend.maxTokens === undefined ? '' : ` Tokens left: ${left}.`
    const calls = `${most} ${most === 1 ? 'call' : 'calls'}`
    return prompts.turn({ turn: state.turn, turns, calls, left: state.left.turns, budget })
  }

  /** The first turn of the policy that begins the run, shown to the model as its own. */
  async #seedTurn(state: State, signal: AbortSignal): Promise<Decision | undefined> {
    const { noTools, seedWith } = this.#settings
    if (seedWith === undefined || state.turn !== 1 || state.mustAnswer || noTools) return undefined
    const calls = (await this.#beginner?.firstCalls(state, signal)) ?? []
    if (calls.length === 0) return undefined
    const own = calls.map((call): Interpreted => {
      const argumentsText = JSON.stringify(call.arguments)
      return { kind: 'call', id: undefined, name: call.tool, argumentsText, notes: [], call }
    })
    const sorted = sortCalls(own, { breadth: calls.length, idOf: this.#idOf })
    this.#hold('', sorted.pending)
    this.#notes.push(`The calls of this turn are those of the policy ${seedWith.name}.`)
    return { kind: 'calls', calls }
  }

  /** What the model decides; undefined when none of its replies could be gone on with. */
  async #ask(asking: Asking): Promise<Decision | undefined> {
    const { conversation, signal } = asking
    for (let round = 0; round <= MAX_REPAIR_ROUNDS; round++) {
      const request = this.#request(asking, round)
      const refusal = this.#spending.refusal(this.#estimate.ofRequest(request))
      if (refusal !== undefined) {
        await asking.fallback
        // Without an answer at hand the fallback searches, which costs no tokens.
        if (asking.fallback !== undefined && this.#fallback?.answer() === undefined) throw outOfBudget(refusal)
        this.#notes.push(`The model was not asked again: ${refusal}.`)
        return { kind: 'answer', answer: this.answerNow(asking.state) }
      }
      const reply = await this.#settings.model.complete(request, signal)
      signal.throwIfAborted()
      this.#spending.add(request, reply)
      if (reply.usage !== null) this.#estimate.learn(request, reply.usage)
      const decided = await this.#decide(reply, { ...asking, isLastRound: round === MAX_REPAIR_ROUNDS })
      if (decided.kind !== 'again') return decided
      const results = this.#pending.map(({ outcome }) => {
        const text = outcome.kind === 'told' ? outcome.message : 'Not run: only `answer` is taken now.'
        return { text, folded: text }
      })
      const held = this.#pending.map((call) => call.held)
      this.#pending = []
      conversation.addResults(held, results, { turn: asking.state.turn, notice: decided.message })
    }
    return undefined
  }

  #request({ conversation, prompts, mustAnswer }: Asking, round: number): ChatRequest {
    const { breadth, forceAnswer, maxReplyTokens, model, temperature } = this.#settings
    // Where force costs the cache of the whole chat, words are tried first.
    const isForced = mustAnswer && forceAnswer && (round > 0 || model.choiceCostsCache !== true)
    const isNative = prompts.tools.length > 0
    return {
      // A copy: the conversation goes on while an endpoint may still hold the request.
      messages: [...conversation.messages],
      tools: prompts.tools,
      ...(isNative ? { toolChoice: isForced ? { name: ANSWER_TOOL } : 'auto' } : {}),
      ...(isNative && breadth === 1 ? { parallelToolCalls: false } : {}),
      ...(temperature === undefined ? {} : { temperature }),
      seed: this.#seed,
      maxTokens: maxReplyTokens,
    }
  }

  /** A decision, or what the model must be told before it replies again. */
  async #decide(
    reply: ChatReply,
    asked: Asking & { readonly isLastRound: boolean },
  ): Promise<Decision | { readonly kind: 'again'; readonly message: string }> {
    const { state, prompts, mustAnswer, isLastRound } = asked
    const read: ReadReply = readReply(reply)
    if (read.unread > 0)
      this.#notes.push(`${read.unread} calls beyond the first ${MAX_CALLS_READ} of a reply were not read.`)
    const interpreted = await Promise.all(read.calls.map((call) => interpretCall(call, prompts.definitions)))
    const toJudge = { interpreted, prose: read.prose, finish: reply.finish, mustAnswer, isLastRound }
    const judged = await judgeReply(toJudge, this.#knowledge)
    this.#notes.push(...interpreted.flatMap(({ notes }) => notes), ...judged.notes)
    if (judged.kind === 'answer') return judged
    const sorted = sortCalls(interpreted, { breadth: this.#ownBreadth(state), idOf: this.#idOf })
    this.#hold(read.prose, sorted.pending)
    if (judged.kind === 'again') return judged
    const beyond = sorted.pending.filter(({ isCut }) => isCut).length
    if (beyond > 0) this.#notes.push(`${beyond} calls beyond the policy's breadth were not issued.`)
    return { kind: 'calls', calls: sorted.calls }
  }

  /** Calls that are passed on: the loop cuts to its own breadth and records what it cut. */
  #ownBreadth({ left }: State): number {
    const { breadth } = this.#settings
    return breadth === 'adaptive' || breadth >= left.breadth ? Number.POSITIVE_INFINITY : breadth
  }

  #hold(prose: string, pending: readonly PendingCall[]): void {
    this.#pending = pending
    this.#conversation?.addReply(
      prose,
      pending.map((call) => call.held),
    )
  }
}
