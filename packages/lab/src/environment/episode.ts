import type { RunEvent, StoppedBy } from 'fusesearch/agent'
import { type LocateResult, locate } from 'fusesearch/locate'
import { createLlmPolicy, type LlmOptions } from 'fusesearch/policies'
import type { Workspace, WorkspaceOptions } from 'fusesearch/search'
import { MODEL_LIMITS, type Observation, type ToolName } from 'fusesearch/search'
import { predictionOfResult } from '../evaluation/index.ts'
import { type Outcome, type RewardSettings, rewardOf } from '../training/index.ts'
import type { TurnAction } from './messages.ts'
import { type CallResult, closingResults, type Opening, showAsked, showOpening } from './observe.ts'
import { type Asked, Trainee } from './trainee.ts'
import type { World } from './worlds.ts'

/** The settings of every episode of a server. */
export interface EpisodeSettings {
  readonly maxTurns: number
  readonly maxBreadth: number
  readonly breadth: 'adaptive' | number
  readonly tools: readonly ToolName[]
  readonly reward: RewardSettings
  /** Most tokens that the results of a turn take, as the model will be used; the LLM policy's own limit when left out. */
  readonly maxResultTokens?: number | undefined
}

/** How an episode ended: its reward, the parts of it, and how the answer was given. */
export interface Ending extends Outcome {
  readonly stoppedBy: StoppedBy
  /** False if the trainee gave no answer and the best guess from the observations was scored, as in an evaluation. */
  readonly answered: boolean
  readonly calls: number
  readonly bytesShown: number
  readonly files: readonly string[]
}

/** The result of a step. */
export interface StepShown {
  readonly results: readonly CallResult[]
  /** A user message to the trainee besides the results of calls. Null if there is none. */
  readonly text: string | null
  /** The turn that the next step decides, from 1. */
  readonly turn: number
  /** Null until the episode is over. */
  readonly ending: Ending | null
}

interface EpisodeOptions {
  readonly world: World
  readonly issue: string
  readonly seed: number
  readonly settings: EpisodeSettings
  readonly openWorkspace: (options: WorkspaceOptions) => Promise<Workspace>
}

type Next = { readonly kind: 'asked'; readonly added: Asked } | { readonly kind: 'ended'; readonly ending: Ending }

/** One localization in which the trainee decides: a run of the LLM policy that waits whenever it asks its model. */
export class Episode {
  readonly #options: EpisodeOptions
  readonly #abort = new AbortController()
  readonly #trainee: Trainee
  readonly #ended: Promise<Ending>
  #asked: ((added: Asked) => void) | undefined
  #turn = 1
  #observations: readonly Observation[] = []
  #ranTurn = 0
  #ending: Ending | null = null
  #toolsMs = 0

  constructor(options: EpisodeOptions) {
    this.#options = options
    this.#trainee = new Trainee((added) => this.#asked?.(added))
    this.#ended = Promise.resolve().then(() => this.#play())
    // The step that waits for it reports it.
    this.#ended.catch(() => undefined)
  }

  get ending(): Ending | null {
    return this.#ending
  }

  get turn(): number {
    return this.#turn
  }

  /** Milliseconds in calls so far. */
  get toolsMs(): number {
    return this.#toolsMs
  }

  /** The first observation. Rejects with what opening the tree throws. */
  async open(): Promise<Opening> {
    const next = await this.#next(() => undefined)
    if (next.kind === 'ended') throw new Error('an episode ended before its first step')
    return showOpening(next.added)
  }

  /** Plays a turn. Call it for one turn at a time, and not after the end. */
  async step(action: TurnAction): Promise<StepShown> {
    const toolCalls = action.calls.map(({ id, name, arguments: given = {} }, index) => ({
      id: id ?? `c${index + 1}`,
      name,
      argumentsText: typeof given === 'string' ? given : JSON.stringify(given),
    }))
    const next = await this.#next(() => this.#trainee.reply({ text: action.text ?? '', toolCalls }))
    if (next.kind === 'ended') {
      this.#ending = next.ending
      return {
        results: closingResults(action, next.ending.answered),
        text: null,
        turn: this.#turn,
        ending: next.ending,
      }
    }
    const ran = { turn: this.#ranTurn, observations: this.#observations }
    return { ...showAsked(next.added, action, ran), turn: this.#turn, ending: null }
  }

  /** Ends the episode in any state, and waits until its running work has ended. */
  async close(): Promise<void> {
    this.#abort.abort(new Error('the episode was closed'))
    await this.#ended.catch(() => undefined)
  }

  async #next(act: () => void): Promise<Next> {
    const asked = new Promise<Next>((resolve) => (this.#asked = (added) => resolve({ kind: 'asked', added })))
    act()
    return Promise.race([asked, this.#ended.then((ending): Next => ({ kind: 'ended', ending }))])
  }

  async #play(): Promise<Ending> {
    const { world, issue, seed, settings, openWorkspace } = this.#options
    const { breadth, maxResultTokens } = settings
    let ended: Pick<Ending, 'stoppedBy' | 'answered'> = { stoppedBy: 'answer', answered: false }
    const result = await locate({
      repository: world.root,
      // As in an evaluation: the snapshot has exactly the files of the commit.
      ignoreRules: 'none',
      issue,
      policy: createLlmPolicy({ model: this.#trainee, breadth, context: resultLimits(maxResultTokens) }),
      seed,
      budget: {
        maxTurns: settings.maxTurns,
        maxBreadth: breadth === 'adaptive' ? settings.maxBreadth : breadth,
      },
      limits: MODEL_LIMITS,
      tools: settings.tools,
      ...(world.history === undefined ? {} : { history: world.history }),
      signal: this.#abort.signal,
      openWorkspace,
      onEvent: (event) => {
        this.#note(event)
        if (event.kind === 'answered') {
          ended = { stoppedBy: event.end.stoppedBy, answered: event.end.answeredBy === 'next' }
        }
      },
    })
    return { ...endingOf(result, this.#options), ...ended }
  }

  #note(event: RunEvent): void {
    if (event.kind !== 'turn-finished') return
    this.#ranTurn = event.turn.turn
    this.#observations = event.turn.observations
    this.#turn = event.turn.turn + 1
    this.#toolsMs += event.turn.ms.tools
  }
}

function resultLimits(maxTokensPerTurn: number | undefined): NonNullable<LlmOptions['context']> {
  return maxTokensPerTurn === undefined ? {} : { maxTokensPerTurn }
}

/** The score is that of the evaluation, for the answer as `locate` checked it. */
function endingOf(result: LocateResult, { world, settings }: EpisodeOptions): Omit<Ending, 'stoppedBy' | 'answered'> {
  const { gold } = world
  const outcome = rewardOf(predictionOfResult(result), result.stats.efficiency, { gold, settings: settings.reward })
  const { calls, bytesShown } = result.stats
  return { ...outcome, calls, bytesShown, files: result.files.map(({ path }) => path) }
}
