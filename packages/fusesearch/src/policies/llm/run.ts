import type { Answer, Decision, PastTurn, PolicyRun, State, TurnReport } from '../../agent/index.ts'
import { FuseSearchError } from '../../core/index.ts'
import type { ChatReply } from '../../models/index.ts'
import type { ToolName } from '../../search/index.ts'
import { guessAnswer } from './answer/guess.ts'
import { Conversation } from './conversation.ts'
import { Fallback } from './fallback.ts'
import { Knowledge } from './knowledge.ts'
import type { Settings } from './options.ts'
import { openPatience } from './patience.ts'
import type { Prompts } from './prompts.ts'
import { type Interpreted, interpretCall } from './reply/interpret.ts'
import { type BlindAnswer, type Judged, judgeReply } from './reply/judge.ts'
import { MAX_CALLS_READ, type ReadReply, readReply } from './reply/read-reply.ts'
import { noticeOf, requestOf } from './request.ts'
import { type Companion, startCompanion } from './seed.ts'
import { showTurn } from './show/show-turn.ts'
import { ShownLines } from './show/shown-lines.ts'
import { createSpending, type Spending } from './spend.ts'
import { neverShown, nothingSaid, nothingSeen, outOfBudget } from './stand-in.ts'
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
  /** Settled when the fallback has taken in what was seen. */
  readonly following: Promise<void> | undefined
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
  readonly #fallback: Fallback | undefined
  readonly #idOf = createIds()
  #conversation: Conversation | undefined
  #pending: readonly PendingCall[] = []
  #absorbed = 0
  #isSpent = false
  /** The answer that was last sent back; better than none. */
  #blind: Answer | undefined
  #notes: string[] = []

  constructor({ settings, prompts, ...started }: LlmRunOptions) {
    const { fallback, seedWith } = settings
    this.#settings = settings
    this.#loadPrompts = prompts
    this.#seed = started.seed
    this.#spending = createSpending(settings.spend, this.#estimate)
    this.#beginner = seedWith && startCompanion(seedWith, started)
    if (fallback === undefined) return
    const companion = (fallback === seedWith ? this.#beginner : undefined) ?? startCompanion(fallback, started)
    this.#fallback = new Fallback(fallback.name, companion, (sentence) => this.#notes.push(sentence))
  }

  async next(state: State, signal: AbortSignal): Promise<Decision> {
    if (this.#fallback?.isDeciding === true) return this.#fallback.next(state, signal)
    const prompts = await this.#loadPrompts()
    const conversation = this.#takeIn(state, prompts)
    const seeded = await this.#seedTurn(state, signal)
    if (seeded !== undefined) return seeded
    const mustAnswer = state.mustAnswer || this.#settings.noTools || this.#isSpent
    const fallback = this.#settings.noTools ? undefined : this.#fallback
    const following = this.#fallback?.follow(state, signal)
    const handOver = { state, signal, following }
    if (fallback === undefined || state.mustAnswer) {
      const asking = { state, conversation, prompts, signal, mustAnswer, following }
      return this.#askAlone(asking, fallback).finally(() => following)
    }
    // One turn with calls is left: enough for the fallback to find something where the model found nothing at all.
    const isLost = state.turn > 1 && state.left.turns === 1 && this.#knowledge.files.size === 0
    if (isLost) return fallback.takeOver(nothingSeen(state.turn - 1), handOver)
    const patience = openPatience(state.left.ms, signal, this.#settings.model.name)
    try {
      const asking = { state, conversation, prompts, signal: patience.signal, mustAnswer, following }
      const decision = await this.#ask(asking)
      if (decision === undefined) return await fallback.takeOver(NOTHING_SAID, handOver)
      return decision.kind === 'blind' ? await fallback.takeOver(neverShown(decision.paths), handOver) : decision
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof FuseSearchError)) throw error
      return await fallback.takeOver(error, handOver)
    } finally {
      patience.close()
      await following
    }
  }

  answerNow(state: State): Answer {
    if (this.#fallback?.isDeciding === true) return this.#fallback.answerNow(state)
    const answer = this.#fallback?.answer()
    const guess = answer ?? guessAnswer(this.#knowledge)
    if (guess.files.length === 0 && this.#blind !== undefined) {
      this.#notes.push('The model gave no other answer than the one that was sent back: it stands.')
      return this.#blind
    }
    const what =
      answer !== undefined
        ? `this is the answer of the policy ${this.#fallback?.name} from what the run had seen`
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

  /** Without anyone to search on: an answer that no call bears out gives way only to one of the fallback. */
  async #askAlone(asking: Asking, fallback: Fallback | undefined): Promise<Decision> {
    const decision = await this.#ask(asking)
    if (decision === undefined) {
      this.#notes.push(NOTHING_SAID.message)
      return { kind: 'calls', calls: [] }
    }
    if (decision.kind !== 'blind') return decision
    await asking.following
    if (fallback?.answer() === undefined) return { kind: 'answer', answer: decision.answer }
    return fallback.takeOver(neverShown(decision.paths), asking)
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
    const { inputTokens, outputTokens } = this.#spending.total
    const spent = { tokens: inputTokens + outputTokens, isAll: this.#isSpent }
    return noticeOf(state, prompts, { settings: this.#settings, spent })
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
  async #ask(asking: Asking): Promise<Decision | BlindAnswer | undefined> {
    const { conversation, prompts, mustAnswer, signal } = asking
    let wasSentBack = false
    for (let round = 0; round <= MAX_REPAIR_ROUNDS; round++) {
      const { messages } = conversation
      const request = requestOf({ messages, prompts, seed: this.#seed, mustAnswer, round }, this.#settings)
      const refusal = this.#spending.refusal(this.#estimate.ofRequest(request))
      if (refusal !== undefined) {
        await asking.following
        // Without an answer at hand the fallback searches, which costs no tokens.
        if (asking.following !== undefined && this.#fallback?.answer() === undefined) throw outOfBudget(refusal)
        this.#notes.push(`The model was not asked again: ${refusal}.`)
        return { kind: 'answer', answer: this.answerNow(asking.state) }
      }
      const reply = await this.#settings.model.complete(request, signal)
      signal.throwIfAborted()
      this.#spending.add(request, reply)
      if (reply.usage !== null) this.#estimate.learn(request, reply.usage)
      const decided = await this.#decide(reply, { ...asking, wasSentBack, isLastRound: round === MAX_REPAIR_ROUNDS })
      if (decided.kind !== 'again') return decided
      wasSentBack ||= decided.blind !== undefined
      this.#blind = decided.blind ?? this.#blind
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

  /** A decision, or what the model must be told before it replies again. */
  async #decide(
    reply: ChatReply,
    asked: Asking & { readonly wasSentBack: boolean; readonly isLastRound: boolean },
  ): Promise<Decision | BlindAnswer | Extract<Judged, { readonly kind: 'again' }>> {
    const { state, prompts, mustAnswer, wasSentBack, isLastRound } = asked
    const read: ReadReply = readReply(reply)
    if (read.unread > 0)
      this.#notes.push(`${read.unread} calls beyond the first ${MAX_CALLS_READ} of a reply were not read.`)
    const interpreted = await Promise.all(read.calls.map((call) => interpretCall(call, prompts.definitions)))
    const { noTools } = this.#settings
    const due = { mustAnswer, mayBeBlind: noTools, wasSentBack, isLastRound }
    const toJudge = { interpreted, prose: read.prose, finish: reply.finish, ...due }
    const judged = await judgeReply(toJudge, this.#knowledge)
    this.#notes.push(...interpreted.flatMap(({ notes }) => notes), ...judged.notes)
    if (judged.kind === 'answer' || judged.kind === 'blind') return judged
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
