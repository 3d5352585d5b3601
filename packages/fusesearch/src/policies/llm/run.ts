import type { Answer, Decision, PolicyRun, RunFailure, StartOptions, State, TurnReport } from '../../agent/index.ts'
import { FuseSearchError, joinSignals, untilAborted } from '../../core/index.ts'
import type { ChatReply, ChatRequest } from '../../models/index.ts'
import { PAPER_TOOLS, PROGRAM_LIMITS, type ToolName } from '../../search/index.ts'
import { confidenceIn, guessAnswer, rankSeen } from './answer/compose.ts'
import { Conversation } from './conversation.ts'
import {
  type Decider,
  Fallback,
  neverShown,
  nothingNew,
  nothingSaid,
  onlyRepeats,
  outOfBudget,
  tooSlow,
} from './fallback.ts'
import { describeFound } from './found.ts'
import { Knowledge } from './knowledge.ts'
import { fitContext, partsOf, type Settings } from './options.ts'
import { type Part, stateOfPart } from './part.ts'
import { loadPrompts, noticeOf, type Prompts, requestOf } from './prompts.ts'
import { interpretCall } from './reply/interpret.ts'
import { type BlindAnswer, type Judged, judgeReply } from './reply/judge.ts'
import { MAX_CALLS_READ, readReply } from './reply/read-reply.ts'
import { ShownLines } from './show/hide.ts'
import { showTurn } from './show/show-turn.ts'
import { createSpending, createTokenEstimate, type Spending } from './spending.ts'

/** Most further replies of a turn if no earlier reply could be used. */
export const MAX_REPAIR_ROUNDS = 2
/** Share of the remaining time that is reserved for the fallback's search, and its maximum. */
const KEPT_SHARE = 0.2
const MAX_KEPT_MS = 10_000

/** Most paths that the grammar of an answer lists. */
const MAX_ANSWER_PATHS = 100
/** Most consecutive turns of the model that may show nothing new. */
const MAX_IDLE_TURNS = 2
/** Most replies of a turn that may be cut off before a call is complete. */
const MAX_CUT_REPLIES = 2
/** Most paths that a reminder lists. */
const MAX_REMINDED = 5
/** Most tokens of the first message for the result of a search without a model. */
const FOUND_TOKENS = 1_500

/** One turn of the model. */
interface Asking {
  /** The state of the model's own part of the run. */
  readonly state: State
  readonly conversation: Conversation
  readonly prompts: Prompts
  readonly signal: AbortSignal
  readonly mustAnswer: boolean
  /** Settles when the fallback has processed the observations; undefined without a fallback. */
  readonly following: Promise<void> | undefined
}

/** A turn of the run, and whether the fallback may decide it. */
interface Turn {
  readonly state: State
  readonly signal: AbortSignal
  readonly mayHandOver: boolean
}

/** A turn of the model without a usable result. */
interface Failed {
  readonly kind: 'failed'
  readonly failure: RunFailure
  /** The answer that the model repeated although no call showed any of its paths. */
  readonly answer?: Answer
}

/** One localization by a model: past turns become messages, its replies become decisions. */
export class LlmRun implements PolicyRun {
  #settings: Settings
  readonly #tools: readonly ToolName[]
  readonly #seed: number
  readonly #knowledge = new Knowledge()
  readonly #shown = new ShownLines()
  readonly #estimate = createTokenEstimate()
  readonly #spending: Spending
  readonly #beginner: PolicyRun | undefined
  readonly #fallback: Fallback | undefined
  /** The model's turns; undefined while the seed policy searches. */
  #part: Part | undefined
  /** The seed policy's answer. */
  #found: Answer | undefined
  /** Decides all turns after the model failed; the model is no longer asked. */
  #successor: Decider | undefined
  #prompts: Prompts | undefined
  #conversation: Conversation | undefined
  #absorbed = 0
  /** Number of consecutive last turns that showed nothing new. */
  #idleTurns = 0
  #isSpent = false
  #isFitted = false
  /** The last answer that was sent back, which is better than none. */
  #blind: Answer | undefined
  #notes: string[] = []

  constructor(settings: Settings, options: StartOptions) {
    const { fallback, seedWith, trust } = settings
    const { seed, tools = PAPER_TOOLS } = options
    const started = { ...options, tools }
    this.#settings = settings
    this.#tools = tools
    this.#seed = seed
    this.#spending = createSpending(settings.spend, this.#estimate)
    this.#beginner = seedWith?.start(started)
    if (fallback === undefined) return
    this.#fallback = new Fallback({ policy: fallback, started, trust, note: (sentence) => this.#notes.push(sentence) })
  }

  async next(state: State, signal: AbortSignal): Promise<Decision> {
    if (this.#successor !== undefined) return this.#successor.next(state, signal)
    const prompts = (this.#prompts ??= await loadPrompts(this.#settings, this.#tools))
    const seeded = this.#part === undefined ? await this.#seedTurn(state, signal) : undefined
    if (seeded !== undefined) return seeded
    const part = (this.#part ??= { from: state.turn, maxTurns: this.#ownTurns(state) })
    const own = stateOfPart(state, part)
    const following = this.#fallback?.follow(state, signal)
    const conversation = this.#takeIn(own, { prompts, before: state.past.slice(0, part.from - 1) })
    // A model that finds nothing more must answer, unless a fallback takes over first.
    const mustAnswer = own.mustAnswer || this.#settings.noTools || this.#isSpent || this.#idleTurns >= MAX_IDLE_TURNS
    const asking = { state: own, conversation, prompts, signal, mustAnswer, following }
    // The mode without tools measures the model's own knowledge, and the run's last turn can't search.
    const mayHandOver = this.#fallback !== undefined && !state.mustAnswer && !this.#settings.noTools
    try {
      const outcome = await (mayHandOver ? this.#askOrFail(asking) : this.#ask(asking))
      await following
      if (outcome.kind === 'calls') return outcome
      if (outcome.kind === 'failed') return await this.#decideWithout(outcome, { state, signal, mayHandOver })
      return await this.#settle(outcome.answer, { state, signal, mayHandOver })
    } finally {
      await following
    }
  }

  /** The turns that each part of the run has. */
  #ownTurns({ turn, left }: State): number {
    return Math.max(1, Math.round((turn + left.turns) / partsOf(this.#settings)))
  }

  answerNow(state: State): Answer {
    if (this.#successor !== undefined) return this.#successor.answerNow(state)
    const answer = this.#fallback?.answer ?? this.#found ?? this.#beginnersAnswer(state)
    const guess = answer ?? guessAnswer(this.#knowledge)
    if (guess.files.length === 0 && this.#blind !== undefined) {
      this.#notes.push('The model gave no answer but the one that was sent back, so that one is taken.')
      return this.#blind
    }
    const what =
      answer !== undefined
        ? `this is the answer of the policy ${(this.#settings.fallback ?? this.#settings.seedWith)?.name} from what the run had seen`
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

  /** Asks the model within its share of the remaining time. Returns an endpoint's failure instead of throwing it. */
  async #askOrFail(asking: Asking): Promise<Decision | Failed> {
    const { state, signal } = asking
    if (this.#idleTurns >= MAX_IDLE_TURNS) return { kind: 'failed', failure: nothingNew(MAX_IDLE_TURNS) }
    const patience = joinSignals([signal])
    const ms = state.left.ms - Math.min(MAX_KEPT_MS, state.left.ms * KEPT_SHARE)
    const giveUp = (): void => patience.abort(tooSlow(this.#settings.model.name, ms))
    const timer = Number.isFinite(ms) ? setTimeout(giveUp, ms) : undefined
    try {
      return await this.#ask({ ...asking, signal: patience.signal })
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof FuseSearchError)) throw error
      return { kind: 'failed', failure: error }
    } finally {
      clearTimeout(timer)
      patience.close()
    }
  }

  /** Decides the turn of the model's answer: an untrusted one waits until the fallback has searched on its own. */
  #settle(answer: Answer, { state, signal, mayHandOver }: Turn): Promise<Decision> | Decision {
    const fallback = this.#fallback
    if (fallback === undefined || this.#settings.noTools)
      return { kind: 'answer', answer: { ...answer, confidence: confidenceIn(answer, this.#found) } }
    if (!mayHandOver || this.#settings.trust >= 1)
      return { kind: 'answer', answer: fallback.weigh(answer, fallback.answer) }
    this.#successor = fallback.check(answer, { from: state.turn, maxTurns: this.#part?.maxTurns ?? 1 })
    return this.#successor.next(state, signal)
  }

  /** Decides a turn in which the model failed: by the fallback if it may take over, else from the model's replies. */
  #decideWithout({ failure, answer }: Failed, { state, signal, mayHandOver }: Turn): Promise<Decision> | Decision {
    if (this.#fallback !== undefined && mayHandOver) {
      const maxTurns = this.#part?.maxTurns ?? 1
      this.#successor = this.#fallback.takeOver(failure, { from: state.turn, maxTurns })
      return this.#successor.next(state, signal)
    }
    if (answer !== undefined) return { kind: 'answer', answer }
    this.#notes.push(failure.message)
    return { kind: 'calls', calls: [] }
  }

  /** Begins the conversation with the issue, or adds the results of the turns since the last reply. */
  #takeIn(state: State, opening: { readonly prompts: Prompts; readonly before: State['past'] }): Conversation {
    const { context: options } = this.#settings
    const { prompts, before } = opening
    const conversation = (this.#conversation ??= this.#open(state, opening))
    const memory = { shown: this.#shown, knowledge: this.#knowledge, estimate: this.#estimate }
    const context = { options, ...memory, turnsBefore: before.length }
    for (const past of state.past.slice(this.#absorbed)) {
      const turn = ++this.#absorbed
      const fold = options.foldAfterTurns === null ? 0 : turn - options.foldAfterTurns
      if (fold > 0) this.#fold(conversation, fold)
      const shown = showTurn(turn, past, context)
      this.#idleTurns = shown.some(({ isNew }) => isNew) ? 0 : this.#idleTurns + 1
      const results = conversation.resultsOf(turn, past, shown)
      const held = this.#estimate.ofRequest({ messages: conversation.messages, tools: prompts.tools })
      const added = results.reduce((sum, { text }) => sum + this.#estimate.of(text), 0)
      this.#isSpent ||= this.#spending.isLast(held + added)
      conversation.addResults(results, { turn, notice: this.#notice(state, prompts) })
    }
    return conversation
  }

  #open(
    state: State,
    { prompts, before }: { readonly prompts: Prompts; readonly before: State['past'] },
  ): Conversation {
    for (const [turn, { observations }] of before.entries())
      for (const [call, observation] of observations.entries())
        this.#knowledge.absorb(observation, { turn: turn + 1, call })
    const maxBytes = this.#estimate.toBytes(FOUND_TOKENS)
    const search = { past: before, knowledge: this.#knowledge, maxBytes }
    const found = this.#found === undefined ? undefined : describeFound({ answer: this.#found, ...search })
    const user = prompts.issue({ issue: state.issue, notice: this.#notice(state, prompts), found })
    return new Conversation(this.#settings.toolForm, { system: prompts.system, user })
  }

  #fold(conversation: Conversation, turn: number): void {
    conversation.fold(turn)
    this.#shown.forget(turn)
  }

  #notice(state: State, prompts: Prompts): string {
    const { inputTokens, outputTokens } = this.#spending.total
    const spent = { tokens: inputTokens + outputTokens, isAll: this.#isSpent }
    return noticeOf(state, prompts, { settings: this.#settings, spent })
  }

  /** A turn of the seed policy; undefined once it has answered. */
  async #seedTurn(state: State, signal: AbortSignal): Promise<Decision | undefined> {
    const { fallback, noTools, seedWith } = this.#settings
    if (this.#beginner === undefined || noTools || state.mustAnswer) return undefined
    const part = { from: 1, maxTurns: this.#ownTurns(state) }
    const decision = await this.#beginner.next(stateOfPart(state, part), signal)
    if (decision.kind === 'calls' && decision.calls.length > 0) {
      this.#notes.push(`The calls of this turn are those of the policy ${seedWith?.name}.`)
      return { ...decision, limits: PROGRAM_LIMITS }
    }
    this.#found = decision.kind === 'answer' ? decision.answer : this.#beginner.answerNow(state)
    if (fallback === seedWith) this.#fallback?.takeAnswer(this.#found)
    return undefined
  }

  /** The seed policy's answer, if the run ends before that policy is done. */
  #beginnersAnswer(state: State): Answer | undefined {
    if (this.#part !== undefined || this.#beginner === undefined) return undefined
    const answer = this.#beginner.answerNow(state)
    return answer.files.length > 0 ? answer : undefined
  }

  /** Asks until a reply is usable or the turn may have no more replies. */
  async #ask(asked: Asking): Promise<Decision | Failed> {
    const { state, conversation, prompts, following, signal } = asked
    await this.#fitContext(signal)
    let { mustAnswer } = asked
    let wasSentBack = false
    let [cutReplies, said] = [0, '']
    for (let round = 0; round <= MAX_REPAIR_ROUNDS; round++) {
      this.#makeRoom(conversation, prompts)
      const request = this.#requestOf({ ...asked, mustAnswer }, round)
      const refusal = this.#spending.refusal(this.#estimate.ofRequest(request))
      if (refusal !== undefined) {
        await following
        // The fallback can still search, since it needs no tokens.
        if (this.#fallback !== undefined) throw outOfBudget(refusal)
        this.#notes.push(`The model was not asked again: ${refusal}.`)
        return { kind: 'answer', answer: this.answerNow(state) }
      }
      const reply = await this.#settings.model.complete(request, signal)
      signal.throwIfAborted()
      this.#spending.add(request, reply)
      if (reply.usage !== null) this.#estimate.learn(request, reply.usage)
      // After two cut replies a third request would hardly help, and it may take minutes.
      cutReplies += reply.finish === 'length' && reply.toolCalls.length === 0 ? 1 : 0
      const isLastRound = round === MAX_REPAIR_ROUNDS || cutReplies >= MAX_CUT_REPLIES || said === sayingOf(reply)
      said = sayingOf(reply)
      const decided = await this.#decide(reply, { ...asked, mustAnswer, wasSentBack, isLastRound })
      if (decided.kind === 'blind')
        return { kind: 'failed', failure: neverShown(decided.paths), answer: decided.answer }
      if (decided.kind === 'repeats' && this.#fallback !== undefined && !mustAnswer)
        return { kind: 'failed', failure: onlyRepeats() }
      if (decided.kind !== 'again' && decided.kind !== 'repeats') return decided
      const notice = decided.kind === 'repeats' ? prompts.repeats(this.#reminder()) : decided.message
      conversation.addResults(conversation.refusals(), { turn: state.turn, notice })
      if (decided.kind === 'again') this.#blind = decided.blind ?? this.#blind
      wasSentBack ||= decided.kind === 'again' && decided.blind !== undefined
      mustAnswer ||= decided.kind === 'repeats'
      if (isLastRound) return { kind: 'failed', failure: nothingSaid(round + 1) }
    }
    throw new Error('The last round of a turn decides it.')
  }

  /** Fits the budgets into the model's context, once. Asking for its length may load the model. */
  async #fitContext(signal: AbortSignal): Promise<void> {
    if (this.#isFitted) return
    const { contextLength, model } = this.#settings
    const length = contextLength ?? (await untilAborted(model.contextLength?.() ?? Promise.resolve(undefined), signal))
    this.#isFitted = true
    if (length !== undefined) this.#settings = fitContext(this.#settings, length)
  }

  /** Folds the oldest results until the next request and its reply fit into the context. */
  #makeRoom(conversation: Conversation, { tools }: Prompts): void {
    const { contextLength = Number.POSITIVE_INFINITY, maxReplyTokens } = this.#settings
    const room = contextLength - maxReplyTokens
    while (this.#estimate.ofRequest({ messages: conversation.messages, tools }) > room) {
      const turn = conversation.oldestShown()
      if (turn === undefined) return
      this.#fold(conversation, turn)
    }
  }

  #requestOf({ state, conversation, prompts, mustAnswer }: Asking, round: number): ChatRequest {
    const { messages } = conversation
    const shape = { breadth: state.left.breadth, paths: this.#answerPaths() }
    return requestOf({ messages, prompts, seed: this.#seed, mustAnswer, round, ...shape }, this.#settings)
  }

  /** The paths for the reminder to a model that has stopped searching. */
  #reminder(): readonly string[] {
    return rankSeen(this.#knowledge)
      .slice(0, MAX_REMINDED)
      .map(({ path }) => path)
  }

  /** The decision from a reply, or the message for the model before it is asked again. */
  async #decide(
    reply: ChatReply,
    asked: Asking & { readonly wasSentBack: boolean; readonly isLastRound: boolean },
  ): Promise<Decision | BlindAnswer | Extract<Judged, { readonly kind: 'again' }> | { readonly kind: 'repeats' }> {
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
    const { calls, cut, repeated } = conversation.addReply(read.prose, interpreted, this.#ownBreadth(state))
    if (judged.kind === 'again') return judged
    if (repeated > 0) this.#notes.push(`${repeated} of its calls had been made before and were not run again.`)
    if (calls.length === 0) return { kind: 'repeats' }
    if (cut > 0) this.#notes.push(`${cut} calls beyond the policy's breadth were not issued.`)
    return { kind: 'calls', calls }
  }

  /** The paths to which a grammar limits an answer, likeliest first. */
  #answerPaths(): readonly string[] {
    const seen = rankSeen(this.#knowledge).map(({ path }) => path)
    return [...new Set([...seen, ...this.#knowledge.suggested])].slice(0, MAX_ANSWER_PATHS)
  }

  /** Most calls to pass to the loop, which cuts to its own breadth and records what it cut. */
  #ownBreadth({ left }: State): number {
    const { breadth } = this.#settings
    return breadth === 'adaptive' || breadth >= left.breadth ? Number.POSITIVE_INFINITY : breadth
  }
}

function sayingOf({ text, toolCalls }: ChatReply): string {
  return JSON.stringify([text, toolCalls.map(({ name, argumentsText }) => [name, argumentsText])])
}
