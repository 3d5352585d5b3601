import type { Answer, Decision, Policy, PolicyRun, RunFailure, State, TurnReport } from '../../agent/index.ts'
import { FuseSearchError } from '../../core/index.ts'
import type { ChatReply } from '../../models/index.ts'
import { PAPER_TOOLS, type ToolName } from '../../search/index.ts'
import { guessAnswer, rankSeen } from './answer/compose.ts'
import { Conversation } from './conversation.ts'
import { type Decider, Fallback, neverShown, nothingSaid, nothingSeen, outOfBudget, tooSlow } from './fallback.ts'
import { Knowledge } from './knowledge.ts'
import type { Settings } from './options.ts'
import { loadPrompts, noticeOf, type Prompts, requestOf } from './prompts.ts'
import { type Interpreted, interpretCall } from './reply/interpret.ts'
import { type BlindAnswer, type Judged, judgeReply } from './reply/judge.ts'
import { MAX_CALLS_READ, readReply } from './reply/read-reply.ts'
import { ShownLines } from './show/hide.ts'
import { showTurn } from './show/show-turn.ts'
import { createSpending, createTokenEstimate, type Spending } from './spending.ts'

/** Replies beyond the first that a turn may take, when none before could be used. */
export const MAX_REPAIR_ROUNDS = 2
/** The share of the time left that is kept for the fallback's search, and its maximum. */
const KEPT_SHARE = 0.2
const MAX_KEPT_MS = 10_000

/** The most paths that the grammar of an answer lists. */
const MAX_ANSWER_PATHS = 100

/** One turn of the model. */
interface Asking {
  readonly state: State
  readonly conversation: Conversation
  readonly prompts: Prompts
  readonly signal: AbortSignal
  readonly mustAnswer: boolean
  /** Settles when the fallback has taken in what was seen; undefined without a fallback. */
  readonly following: Promise<void> | undefined
}

/** A turn of the model without a usable result. */
interface Failed {
  readonly kind: 'failed'
  readonly failure: RunFailure
  /** The answer that the model repeated although no call has shown any of its paths. */
  readonly answer?: Answer
}

/** One localization by a model: past turns become messages, its replies become decisions. */
export class LlmRun implements PolicyRun {
  readonly #settings: Settings
  readonly #tools: readonly ToolName[]
  readonly #seed: number
  readonly #knowledge = new Knowledge()
  readonly #shown = new ShownLines()
  readonly #estimate = createTokenEstimate()
  readonly #spending: Spending
  readonly #beginner: PolicyRun | undefined
  readonly #fallback: Fallback | undefined
  /** Decides from the turn on in which the model failed; the model is asked no more. */
  #successor: Decider | undefined
  #prompts: Prompts | undefined
  #conversation: Conversation | undefined
  #absorbed = 0
  #isSpent = false
  /** The last answer that was sent back: better than none. */
  #blind: Answer | undefined
  #notes: string[] = []

  constructor(settings: Settings, { issue, seed, tools = PAPER_TOOLS }: Parameters<Policy['start']>[0]) {
    const { fallback, seedWith } = settings
    const started = { issue, seed, tools }
    this.#settings = settings
    this.#tools = tools
    this.#seed = seed
    this.#spending = createSpending(settings.spend, this.#estimate)
    this.#beginner = seedWith?.start(started)
    if (fallback === undefined) return
    // A policy that also decides the first turn keeps its run, so that it knows what it began.
    const run = (fallback === seedWith ? this.#beginner : undefined) ?? fallback.start(started)
    this.#fallback = new Fallback(fallback.name, run, (sentence) => this.#notes.push(sentence))
  }

  async next(state: State, signal: AbortSignal): Promise<Decision> {
    if (this.#successor !== undefined) return this.#successor.next(state, signal)
    const prompts = (this.#prompts ??= await loadPrompts(this.#settings, this.#tools))
    const conversation = this.#takeIn(state, prompts)
    const seeded = await this.#seedTurn(state, conversation, signal)
    if (seeded !== undefined) return seeded
    const { noTools } = this.#settings
    const mustAnswer = state.mustAnswer || noTools || this.#isSpent
    const following = this.#fallback?.follow(state, signal)
    const asking = { state, conversation, prompts, signal, mustAnswer, following }
    // On the last turn nothing is left to search with. Without tools the model's own knowledge is what is measured.
    const mayHandOver = this.#fallback !== undefined && !state.mustAnswer && !noTools
    try {
      const outcome = await (mayHandOver ? this.#askOrFail(asking) : this.#ask(asking))
      if (outcome.kind !== 'failed') return outcome
      await following
      return await this.#decideWithout(outcome, { state, signal, mayHandOver })
    } finally {
      await following
    }
  }

  answerNow(state: State): Answer {
    if (this.#successor !== undefined) return this.#successor.answerNow(state)
    const answer = this.#fallback?.answer
    const guess = answer ?? guessAnswer(this.#knowledge)
    if (guess.files.length === 0 && this.#blind !== undefined) {
      this.#notes.push('The model gave no answer but the one that was sent back, so that one is taken.')
      return this.#blind
    }
    const what =
      answer !== undefined
        ? `this is the answer of the policy ${this.#fallback?.name} from what the run had seen`
        : guess.files.length > 0
          ? 'the file that it looked into most is taken instead'
          : 'no file was seen that could be taken instead'
    this.#notes.push(`The model gave no answer: ${what}.`)
    return guess
  }

  takeReport(): TurnReport {
    const notes = this.#notes
    this.#notes = []
    const model = this.#spending.take()
    return { notes, ...(model === undefined ? {} : { model }) }
  }

  /** Asks the model within its share of the time left; returns a failure of its endpoint instead of throwing it. */
  async #askOrFail(asking: Asking): Promise<Decision | Failed> {
    const { state, signal } = asking
    // The last turn with calls goes to the fallback where the model has found nothing at all.
    const isLost = state.turn > 1 && state.left.turns === 1 && this.#knowledge.files.size === 0
    if (isLost) return { kind: 'failed', failure: nothingSeen(state.turn - 1) }
    const patience = new AbortController()
    const ms = state.left.ms - Math.min(MAX_KEPT_MS, state.left.ms * KEPT_SHARE)
    const giveUp = (): void => patience.abort(tooSlow(this.#settings.model.name, ms))
    const timer = Number.isFinite(ms) ? setTimeout(giveUp, ms) : undefined
    try {
      return await this.#ask({ ...asking, signal: AbortSignal.any([signal, patience.signal]) })
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof FuseSearchError)) throw error
      return { kind: 'failed', failure: error }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Decides a turn in which the model failed: by the fallback where it may take over, else by what the model said. */
  #decideWithout(
    { failure, answer }: Failed,
    { state, signal, mayHandOver }: Pick<Asking, 'state' | 'signal'> & { readonly mayHandOver: boolean },
  ): Promise<Decision> | Decision {
    const fallback = this.#fallback
    // An answer of the fallback's, from calls that ran, is worth more than one that no call bears out.
    const isBetter = answer !== undefined && fallback?.answer !== undefined
    if (fallback !== undefined && (mayHandOver || isBetter)) {
      this.#successor = fallback.takeOver(failure, state.turn)
      return this.#successor.next(state, signal)
    }
    if (answer !== undefined) return { kind: 'answer', answer }
    this.#notes.push(failure.message)
    return { kind: 'calls', calls: [] }
  }

  /** Begins the conversation with the issue, or adds the results of the turns since the last reply. */
  #takeIn(state: State, prompts: Prompts): Conversation {
    const { context: options, toolForm } = this.#settings
    const conversation = (this.#conversation ??= new Conversation(toolForm, {
      system: prompts.system,
      user: prompts.issue({ issue: state.issue, notice: this.#notice(state, prompts) }),
    }))
    const context = { options, estimate: this.#estimate, shown: this.#shown, knowledge: this.#knowledge }
    for (const past of state.past.slice(this.#absorbed)) {
      const turn = ++this.#absorbed
      const fold = options.foldAfterTurns === null ? 0 : turn - options.foldAfterTurns
      if (fold > 0) {
        conversation.fold(fold)
        this.#shown.forget(fold)
      }
      const results = conversation.resultsOf(past, showTurn(turn, past, context))
      const before = this.#estimate.ofRequest({ messages: conversation.messages, tools: prompts.tools })
      const added = results.reduce((sum, { text }) => sum + this.#estimate.of(text), 0)
      this.#isSpent ||= this.#spending.isLast(before + added)
      conversation.addResults(results, { turn, notice: this.#notice(state, prompts) })
    }
    return conversation
  }

  #notice(state: State, prompts: Prompts): string {
    const { inputTokens, outputTokens } = this.#spending.total
    const spent = { tokens: inputTokens + outputTokens, isAll: this.#isSpent }
    return noticeOf(state, prompts, { settings: this.#settings, spent })
  }

  /** The first turn of the policy that begins the run; the conversation shows it as the model's own. */
  async #seedTurn(state: State, conversation: Conversation, signal: AbortSignal): Promise<Decision | undefined> {
    const { noTools, seedWith } = this.#settings
    if (seedWith === undefined || state.turn !== 1 || state.mustAnswer || noTools) return undefined
    const decision = await this.#beginner?.next(state, signal)
    const calls = decision?.kind === 'calls' ? decision.calls.slice(0, state.left.breadth) : []
    if (calls.length === 0) return undefined
    const own = calls.map((call): Interpreted => {
      const argumentsText = JSON.stringify(call.arguments)
      return { kind: 'call', id: undefined, name: call.tool, argumentsText, notes: [], call }
    })
    conversation.addReply('', own, calls.length)
    this.#notes.push(`The calls of this turn are those of the policy ${seedWith.name}.`)
    return { kind: 'calls', calls }
  }

  /** Asks until a reply can be used or the turn may have no more replies. */
  async #ask(asking: Asking): Promise<Decision | Failed> {
    const { state, conversation, prompts, mustAnswer, following, signal } = asking
    let wasSentBack = false
    for (let round = 0; round <= MAX_REPAIR_ROUNDS; round++) {
      const { messages } = conversation
      const parts = { messages, prompts, seed: this.#seed, mustAnswer, round }
      const paths = this.#answerPaths()
      const request = requestOf({ ...parts, breadth: state.left.breadth, paths }, this.#settings)
      const refusal = this.#spending.refusal(this.#estimate.ofRequest(request))
      if (refusal !== undefined) {
        await following
        // A fallback without an answer must search: that costs no tokens.
        if (this.#fallback !== undefined && this.#fallback.answer === undefined) throw outOfBudget(refusal)
        this.#notes.push(`The model was not asked again: ${refusal}.`)
        return { kind: 'answer', answer: this.answerNow(state) }
      }
      const reply = await this.#settings.model.complete(request, signal)
      signal.throwIfAborted()
      this.#spending.add(request, reply)
      if (reply.usage !== null) this.#estimate.learn(request, reply.usage)
      const decided = await this.#decide(reply, { ...asking, wasSentBack, isLastRound: round === MAX_REPAIR_ROUNDS })
      if (decided.kind === 'blind')
        return { kind: 'failed', failure: neverShown(decided.paths), answer: decided.answer }
      if (decided.kind !== 'again') return decided
      wasSentBack ||= decided.blind !== undefined
      this.#blind = decided.blind ?? this.#blind
      conversation.addResults(conversation.refusals(), { turn: state.turn, notice: decided.message })
    }
    return { kind: 'failed', failure: nothingSaid(MAX_REPAIR_ROUNDS + 1) }
  }

  /** The decision of a reply, or what the model must be told before it is asked again. */
  async #decide(
    reply: ChatReply,
    asked: Asking & { readonly wasSentBack: boolean; readonly isLastRound: boolean },
  ): Promise<Decision | BlindAnswer | Extract<Judged, { readonly kind: 'again' }>> {
    const { state, conversation, prompts, mustAnswer, wasSentBack, isLastRound } = asked
    const read = readReply(reply)
    if (read.unread > 0)
      this.#notes.push(`${read.unread} calls beyond the first ${MAX_CALLS_READ} of a reply were not read.`)
    const interpreted = await Promise.all(read.calls.map((call) => interpretCall(call, prompts.definitions)))
    const due = { mustAnswer, mayBeBlind: this.#settings.noTools, wasSentBack, isLastRound }
    const toJudge = { interpreted, prose: read.prose, finish: reply.finish, ...due }
    const judged = await judgeReply(toJudge, this.#knowledge)
    this.#notes.push(...interpreted.flatMap(({ notes }) => notes), ...judged.notes)
    if (judged.kind === 'answer' || judged.kind === 'blind') return judged
    const { calls, cut } = conversation.addReply(read.prose, interpreted, this.#ownBreadth(state))
    if (judged.kind === 'again') return judged
    if (cut > 0) this.#notes.push(`${cut} calls beyond the policy's breadth were not issued.`)
    return { kind: 'calls', calls }
  }

  /** The paths that an answer may name where a grammar holds the model to them, likeliest first. */
  #answerPaths(): readonly string[] {
    const seen = rankSeen(this.#knowledge).map(({ path }) => path)
    return [...new Set([...seen, ...this.#knowledge.suggested])].slice(0, MAX_ANSWER_PATHS)
  }

  /** The most calls that go to the loop, which cuts to its own breadth and records what it cut. */
  #ownBreadth({ left }: State): number {
    const { breadth } = this.#settings
    return breadth === 'adaptive' || breadth >= left.breadth ? Number.POSITIVE_INFINITY : breadth
  }
}
