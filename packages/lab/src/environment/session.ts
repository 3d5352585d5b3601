import { randomUUID } from 'node:crypto'
import { FuseSearchError } from 'fusesearch/core'
import type { ModelWords } from 'fusesearch/policies'
import type { Workspace, WorkspaceOptions } from 'fusesearch/search'
import { Episode, type EpisodeSettings, type StepShown } from './episode.ts'
import { answerRpc } from './mcp.ts'
import {
  type ClientMessage,
  check,
  type ResetRequest,
  readAction,
  resetSchema,
  type TurnAction,
  WireError,
} from './messages.ts'
import type { ChosenTask, Tasks } from './tasks.ts'
import { callToolMessage, openingMessage, partsOf, type ServerMessage, stepMessage, type WireState } from './wire.ts'
import type { Worlds } from './worlds.ts'

/** Services shared by the sessions of a server. */
export interface SessionServices {
  readonly tasks: Tasks
  readonly worlds: Worlds
  readonly settings: EpisodeSettings
  readonly words: ModelWords
  readonly openWorkspace: (options: WorkspaceOptions) => Promise<Workspace>
  readonly stepTimeoutMs: number
  /** Called for each finished episode. */
  readonly onEpisode: (state: WireState) => void
  /** Called for failures of the server itself. */
  readonly onFailure: (error: unknown) => void
}

interface Playing {
  readonly episode: Episode
  readonly task: ChosenTask
  readonly id: string
  readonly seed: number
  steps: number
  /** Set when the episode can't continue: the error for the next step. */
  broken: string | undefined
}

/** The session of one client: one episode at a time, messages in order. */
export class Session {
  readonly #services: SessionServices
  #playing: Playing | undefined
  #isClosed = false

  constructor(services: SessionServices) {
    this.#services = services
  }

  /** Answers a message; undefined for `close`. Throws {@link WireError} if it can't be answered. */
  async answer({ type, data }: ClientMessage): Promise<ServerMessage | undefined> {
    switch (type) {
      case 'reset':
        return this.#reset(check(resetSchema, data))
      case 'step':
        return this.#step(data)
      case 'state':
        return { type: 'state', data: this.state() }
      case 'mcp':
        return { type: 'mcp', data: await this.#answerRpc(data) }
      case 'close':
        return undefined
      default:
        throw new WireError('UNKNOWN_TYPE', `Unknown message type: ${type.slice(0, 100)}.`)
    }
  }

  state(): WireState {
    const playing = this.#playing
    const ending = playing?.episode.ending ?? null
    return {
      episode_id: playing?.id ?? null,
      step_count: playing?.steps ?? 0,
      split: playing?.task.spec.split ?? null,
      index: playing?.task.spec.index ?? null,
      task_id: playing?.task.spec.id ?? null,
      seed: playing?.seed ?? null,
      turn: playing?.episode.turn ?? 0,
      max_turns: this.#services.settings.maxTurns,
      done: ending !== null || playing?.broken !== undefined,
      reward: ending?.reward ?? null,
      reward_parts: ending === null ? null : partsOf(ending),
      answered: ending?.answered ?? null,
      stopped_by: ending?.stoppedBy ?? null,
      calls: ending?.calls ?? null,
      tools_ms: playing?.episode.toolsMs ?? 0,
    }
  }

  /** Ends the running work; no message is answered after it. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#endEpisode()
  }

  async #endEpisode(): Promise<void> {
    const playing = this.#playing
    this.#playing = undefined
    await playing?.episode.close()
  }

  async #reset({ seed, episode_id: id, split, index }: ResetRequest): Promise<ServerMessage> {
    const { tasks, worlds, settings, openWorkspace } = this.#services
    const task = tasks.choose({ split, index, seed })
    await this.#endEpisode()
    const world = await this.#inTime(worlds.open(task), `The task ${task.spec.id} is still being prepared`)
    const options = { world, issue: task.instance.issue, seed: seed ?? 0, settings, openWorkspace }
    if (this.#isClosed) throw closed()
    const episode = new Episode(options)
    const playing: Playing = { episode, task, id: id ?? randomUUID(), seed: seed ?? 0, steps: 0, broken: undefined }
    this.#playing = playing
    const opening = await this.#during(playing, episode.open())
    return openingMessage(opening, task.spec, settings.maxTurns)
  }

  async #step(data: unknown): Promise<ServerMessage> {
    const action = readAction(data)
    if (action.kind === 'list_tools') return this.#listTools()
    const shown = await this.#play(action.turn)
    if (action.kind === 'call_tool') return callToolMessage(shown, action.toolName)
    return stepMessage(shown, this.#services.settings.maxTurns)
  }

  /** OpenEnv's `list_tools`: uses no turn and needs no reset. */
  #listTools(): ServerMessage {
    const tools = this.#services.words.tools.map(({ name, description, parameters }) => ({
      name,
      description,
      input_schema: parameters,
    }))
    return { type: 'observation', data: { observation: { tools }, reward: null, done: false } }
  }

  async #answerRpc(data: unknown): Promise<object> {
    const call = async (name: string, given: Record<string, unknown>) => {
      const shown = await this.#play({ calls: [{ name, arguments: given }] })
      return shown.results[0]
    }
    return answerRpc(data, { tools: this.#services.words.tools, call })
  }

  async #play(turn: TurnAction): Promise<StepShown> {
    const playing = this.#playing
    if (playing === undefined) throw new WireError('EXECUTION_ERROR', 'There is no episode. Send reset first.')
    if (playing.broken !== undefined) throw new WireError('EXECUTION_ERROR', playing.broken)
    if (playing.episode.ending !== null) throw new WireError('EXECUTION_ERROR', 'The episode is over. Send reset.')
    playing.steps++
    const shown = await this.#during(playing, playing.episode.step(turn))
    if (shown.ending !== null) this.#services.onEpisode(this.state())
    return shown
  }

  /** An episode whose step failed or took too long can't continue: its own loop has ended. */
  async #during<T>(playing: Playing, work: Promise<T>): Promise<T> {
    try {
      return await this.#inTime(work, 'The step took too long')
    } catch (error) {
      playing.broken = 'The episode ended after a failed step. Send reset.'
      await playing.episode.close()
      throw error
    }
  }

  async #inTime<T>(work: Promise<T>, fact: string): Promise<T> {
    const { stepTimeoutMs, onFailure } = this.#services
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const message = `${fact}: more than ${stepTimeoutMs} ms. Send reset to start again, or raise --step-timeout.`
      timer = setTimeout(() => reject(new WireError('EXECUTION_ERROR', message)), stepTimeoutMs)
    })
    work.catch(() => undefined)
    try {
      return await Promise.race([work, late])
    } catch (error) {
      if (error instanceof WireError) throw error
      if (this.#isClosed) throw closed()
      if (error instanceof FuseSearchError)
        throw new WireError('EXECUTION_ERROR', error.message, { reason: error.code })
      onFailure(error)
      throw new WireError('EXECUTION_ERROR', 'The server failed on this message; its log says why.')
    } finally {
      clearTimeout(timer)
    }
  }
}

function closed(): WireError {
  return new WireError('SESSION_ERROR', 'The session was closed.')
}
