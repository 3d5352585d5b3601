import { spawn } from 'node:child_process'
import { EventEmitter, getEventListeners, once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { FuseSearchError, systemClock } from '../core/index.ts'
import type { Call, Observation } from '../search/index.ts'
import {
  type Answer,
  createScriptedPolicy,
  type Decision,
  EMPTY_ANSWER,
  type LoopOptions,
  type RunCalls,
  runLoop,
  type ScriptedStep,
} from './index.ts'

/** A deadline before which even a busy machine has begun the calls. */
const CALLED_MS = 1_000

const call: Call = { tool: 'glob', arguments: { patterns: ['a'] } }
const calling: Decision = { kind: 'calls', calls: [call] }
const fallback: Answer = { ...EMPTY_ANSWER, confidence: 0.1 }
const answers: Decision = { kind: 'answer', answer: EMPTY_ANSWER }
const found: Observation = { ok: true, tool: 'glob', paths: ['a'], total: 1, notices: [], bytes: 1 }
const runAtOnce: RunCalls = async (list) => ({ observations: list.map(() => found) })

const run = (steps: readonly ScriptedStep[], options: Partial<LoopOptions> = {}) =>
  runLoop({
    issue: 'It breaks.',
    policy: createScriptedPolicy({ steps, fallback }),
    seed: 1,
    runCalls: runAtOnce,
    clock: systemClock,
    ...options,
  })

/** Waits until the signal is aborted, then rejects with its reason. */
const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

const waitsAwhile = async (): Promise<Decision> => {
  await new Promise((resolve) => setTimeout(resolve, 20))
  return answers
}

const hangs = (): Promise<Decision> => new Promise(() => {})

/** Runs a real process that would never end, kills it on abort, and waits until it is gone. */
const createProcessRunner = () => {
  const exits: (NodeJS.Signals | null)[] = []
  const starts = new EventEmitter()
  const started = once(starts, 'start')
  const runCalls: RunCalls = async (_, { signal }) => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    await once(child, 'spawn')
    starts.emit('start')
    const closed = once(child, 'close')
    const kill = (): void => void child.kill('SIGKILL')
    if (signal.aborted) kill()
    signal.addEventListener('abort', kill, { once: true })
    await closed
    exits.push(child.signalCode)
    throw signal.reason
  }
  return { runCalls, started, exits }
}

describe('an abort', () => {
  it('before the start rejects and starts nothing', async () => {
    const reason = new Error('not wanted')
    const started: string[] = []
    const record = () => void started.push('recorded')
    await expect(run([answers], { signal: AbortSignal.abort(reason), record })).rejects.toBe(reason)
    expect(started).toEqual([])
  })

  it('while the policy thinks rejects, even if the policy ignores it', async () => {
    for (const step of [hangs, (_: unknown, signal: AbortSignal) => untilAborted(signal)]) {
      const controller = new AbortController()
      const running = run([step], { signal: controller.signal })
      controller.abort(new Error('enough'))
      await expect(running).rejects.toThrow('enough')
    }
  })

  it('beats a decision that comes after it', async () => {
    const controller = new AbortController()
    const abortsFirst = (): Decision => {
      controller.abort(new Error('enough'))
      return answers
    }
    await expect(run([abortsFirst], { signal: controller.signal })).rejects.toThrow('enough')
  })

  it('while calls run rejects once their processes are gone', async () => {
    const { runCalls, started, exits } = createProcessRunner()
    const controller = new AbortController()
    const running = run([calling, answers], { runCalls, signal: controller.signal })
    await started
    controller.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
    expect(exits).toEqual(['SIGKILL'])
  })

  it('rejects also when the runner resolves to aborted observations, and the turn is not recorded', async () => {
    const controller = new AbortController()
    const kinds: string[] = []
    const runCalls: RunCalls = async () => {
      controller.abort(new Error('enough'))
      return { observations: [{ ok: false, tool: 'glob', code: 'aborted', message: '', bytes: 0 }] }
    }
    const record: LoopOptions['record'] = ({ kind }) => void kinds.push(kind)
    await expect(run([calling], { runCalls, signal: controller.signal, record })).rejects.toThrow('enough')
    expect(kinds).toEqual(['started', 'turn-decided'])
  })

  it('leaves no listener on the signal, however the run ended', async () => {
    const controller = new AbortController()
    await run([calling, answers], { signal: controller.signal })
    await expect(run([], { signal: controller.signal })).rejects.toThrow('The script has 0 steps')
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })
})

describe('a deadline', () => {
  const deadlined = { stoppedBy: 'deadline', answeredBy: 'answerNow', answer: fallback, failure: null }

  it('ends a policy that keeps thinking, and keeps earlier turns', async () => {
    const result = await run([calling, hangs], { budget: { deadlineMs: CALLED_MS } })
    expect(result).toMatchObject({ ...deadlined, stats: { turns: 2, calls: 1, efficiency: 1 } })
  })

  it('is checked by the clock if a policy never let the timer fire', async () => {
    let now = 0
    const blocks = (): Decision => {
      now = 10_000
      return calling
    }
    const result = await run([blocks], { clock: { nowMs: () => now }, budget: { deadlineMs: 10_000 } })
    expect(result).toMatchObject({ ...deadlined, turns: [] })
  })

  it("doesn't discard an answer that was given", async () => {
    let now = 0
    const late = (): Decision => {
      now = 10_001
      return answers
    }
    const result = await run([late], { clock: { nowMs: () => now }, budget: { deadlineMs: 10_000 } })
    expect(result).toMatchObject({ stoppedBy: 'answer', answer: EMPTY_ANSWER })
  })

  it('that passed while calls ran keeps their turn and asks no further', async () => {
    let now = 0
    const runCalls: RunCalls = async (list, context) => {
      now = 20_000
      return runAtOnce(list, context)
    }
    const result = await run([calling], { runCalls, clock: { nowMs: () => now }, budget: { deadlineMs: 10_000 } })
    expect(result).toMatchObject({ ...deadlined, stats: { turns: 2, calls: 1 } })
    expect(result.turns[0]?.observations).toEqual([found])
  })

  it('ends the processes of running calls, which then have failed as aborted', async () => {
    const { runCalls, exits } = createProcessRunner()
    const result = await run([calling], { runCalls, budget: { deadlineMs: CALLED_MS } })
    expect(exits).toEqual(['SIGKILL'])
    expect(result).toMatchObject({ ...deadlined, stats: { calls: 1, redundantCalls: 1, efficiency: 0 } })
    expect(result.turns[0]?.observations).toMatchObject([{ ok: false, tool: 'glob', code: 'aborted' }])
  })

  it("doesn't hide a real failure of the runner", async () => {
    const broken = new FuseSearchError('rg crashed', { code: 'rg-failed' })
    const runCalls: RunCalls = async (_, { signal }) => {
      await untilAborted(signal).catch(() => {})
      throw broken
    }
    await expect(run([calling], { runCalls, budget: { deadlineMs: CALLED_MS } })).rejects.toBe(broken)
  })

  it("of a month doesn't fire at once", async () => {
    expect(await run([waitsAwhile], { budget: { deadlineMs: 2_592_000_000 } })).toMatchObject({ stoppedBy: 'answer' })
  })

  it('tells the policy its remaining time', async () => {
    const left: number[] = []
    const looks: ScriptedStep = (state) => {
      left.push(state.left.ms)
      return answers
    }
    await run([looks], { clock: { nowMs: () => 5 }, budget: { deadlineMs: 10_000 } })
    expect(left).toEqual([10_000])
  })
})
