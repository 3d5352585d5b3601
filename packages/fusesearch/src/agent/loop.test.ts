import { describe, expect, it } from 'vitest'
import { FuseSearchError } from '../core/index.ts'
import type { Call, Observation } from '../search/index.ts'
import {
  type Answer,
  createScriptedPolicy,
  type Decision,
  EMPTY_ANSWER,
  type LoopOptions,
  type RunCalls,
  type RunEvent,
  runLoop,
  type ScriptedStep,
  type State,
} from './index.ts'

const glob = (...patterns: string[]): Call => ({ tool: 'glob', arguments: { patterns } })
const calls = (...list: Call[]): Decision => ({ kind: 'calls', calls: list })
const answer: Answer = { ...EMPTY_ANSWER, confidence: 0.7 }
const fallback: Answer = { ...EMPTY_ANSWER, confidence: 0.1 }
const answers: Decision = { kind: 'answer', answer }

/** A tree in which each pattern names exactly the path of that name, at 10 bytes a path. */
const nameEachPattern: RunCalls = async (list) => ({
  observations: list.map(({ arguments: asked }): Observation => {
    const paths = 'patterns' in asked ? asked.patterns : []
    return { ok: true, tool: 'glob', paths, total: paths.length, notices: [], bytes: 10 * paths.length }
  }),
})

const loseAll: RunCalls = async () => ({ observations: [] })

const throwing = (error: Error) => (): never => {
  throw error
}

/** Moves only when told. */
const createClock = () => {
  let now = 1000
  return { nowMs: () => now, advance: (ms: number) => void (now += ms) }
}

const run = (steps: readonly ScriptedStep[], options: Partial<LoopOptions> = {}) =>
  runLoop({
    issue: 'It breaks.',
    policy: createScriptedPolicy({ steps, fallback }),
    seed: 1,
    runCalls: nameEachPattern,
    clock: createClock(),
    ...options,
  })

describe('a run', () => {
  it('asks for calls, runs them, and ends with the answer', async () => {
    const result = await run([calls(glob('a', 'b'), glob('a')), calls(glob('b', 'c')), answers])
    expect(result).toMatchObject({ answer, stoppedBy: 'answer', answeredBy: 'next', failure: null })
    expect(result.turns.map(({ gains }) => gains)).toEqual([[1, 0], [0.5]])
    expect(result.turns[1]?.entities).toEqual([{ revealed: 2, fresh: 1 }])
    expect(result.stats).toEqual({
      turns: 3,
      calls: 3,
      breadth: [2, 1],
      cutCalls: 0,
      efficiency: 0.5,
      redundantCalls: 1,
      redundancy: 1 / 3,
      bytesShown: 50,
      ms: { total: 0, policy: 0, tools: 0 },
    })
  })

  it('may answer without a call: efficiency is then null', async () => {
    const { stats } = await run([answers])
    expect(stats).toMatchObject({ turns: 1, calls: 0, breadth: [], efficiency: null, redundancy: null, bytesShown: 0 })
  })

  it('shows the policy the issue, its turns and the remaining budget', async () => {
    const states: State[] = []
    const seen = (decision: Decision) => (state: State) => {
      states.push(state)
      return decision
    }
    const budget = { maxTurns: 3, maxBreadth: 4, maxBytes: 25, deadlineMs: null }
    await run([seen(calls(glob('a'))), seen(calls(glob('a', 'b'))), seen(answers)], { budget })
    expect(states.map(({ turn, left, mustAnswer }) => ({ turn, left, mustAnswer }))).toEqual([
      { turn: 1, left: { turns: 2, breadth: 4, bytes: 25, ms: Number.POSITIVE_INFINITY }, mustAnswer: false },
      { turn: 2, left: { turns: 1, breadth: 4, bytes: 15, ms: Number.POSITIVE_INFINITY }, mustAnswer: false },
      { turn: 3, left: { turns: 0, breadth: 0, bytes: 0, ms: Number.POSITIVE_INFINITY }, mustAnswer: true },
    ])
    expect(states[0]?.past).toEqual([])
    expect(states[2]?.past.map(({ gains, cut }) => ({ gains, cut }))).toEqual([
      { gains: [1], cut: [] },
      { gains: [0.5], cut: [] },
    ])
    expect(states[2]?.issue).toBe('It breaks.')
  })

  it('passes the remaining bytes to the runner', async () => {
    const bytesLeft: number[] = []
    const runCalls: RunCalls = (list, context) => {
      bytesLeft.push(context.bytesLeft)
      return nameEachPattern(list, context)
    }
    await run([calls(glob('a')), calls(glob('b')), answers], { runCalls, budget: { maxBytes: 12 } })
    expect(bytesLeft).toEqual([12, 2])
  })

  it("separates the times of policy and tools, and keeps the runner's times of calls", async () => {
    const clock = createClock()
    const runCalls: RunCalls = async (list, context) => {
      clock.advance(30)
      return { ...(await nameEachPattern(list, context)), ms: [20, 30] }
    }
    const think = (ms: number, decision: Decision) => () => {
      clock.advance(ms)
      return decision
    }
    const result = await run([think(5, calls(glob('a'), glob('b'))), think(2, answers)], { runCalls, clock })
    expect(result.turns[0]).toMatchObject({ callMs: [20, 30], ms: { policy: 5, tools: 30 } })
    expect(result.stats.ms).toEqual({ total: 37, policy: 7, tools: 30 })
  })

  it('calls its listeners, the recorder first', async () => {
    const told: string[] = []
    const listen = (name: string) => (event: RunEvent) => void told.push(`${name} ${event.kind}`)
    await run([calls(glob('a')), answers], { record: listen('record'), onEvent: listen('show') })
    const kinds = ['started', 'turn-decided', 'turn-finished', 'answered']
    expect(told).toEqual(kinds.flatMap((kind) => [`record ${kind}`, `show ${kind}`]))
  })
})

describe('a budget', () => {
  it('cuts the calls beyond the breadth, in order, and records them', async () => {
    const decided: (readonly Call[])[] = []
    const onEvent = (event: RunEvent) => void (event.kind === 'turn-decided' && decided.push(event.calls))
    const steps = [calls(glob('a'), glob('b'), glob('c')), answers]
    const { turns, stats } = await run(steps, { onEvent, budget: { maxBreadth: 2 } })
    expect(turns[0]).toMatchObject({ calls: [glob('a'), glob('b')], cut: [glob('c')] })
    expect(decided).toEqual([[glob('a'), glob('b')]])
    expect(stats).toMatchObject({ calls: 2, cutCalls: 1, breadth: [2] })
  })

  it('accepts only an answer on the last turn', async () => {
    expect(await run([calls(glob('a')), answers], { budget: { maxTurns: 2 } })).toMatchObject({
      answer,
      stoppedBy: 'turns',
      answeredBy: 'next',
    })
  })

  it('takes the best answer if a policy calls on the last turn', async () => {
    const result = await run([calls(glob('a')), calls(glob('b'))], { budget: { maxTurns: 2 } })
    expect(result).toMatchObject({ answer: fallback, stoppedBy: 'turns', answeredBy: 'answerNow' })
    expect(result.stats).toMatchObject({ turns: 2, calls: 1 })
  })

  it('of one turn asks for the answer at once', async () => {
    expect(await run([answers], { budget: { maxTurns: 1 } })).toMatchObject({ stoppedBy: 'turns', turns: [] })
  })

  it.each([
    [{ maxTurns: 0 }, 'maxTurns is 0'],
    [{ maxBreadth: 1.5 }, 'maxBreadth is 1.5'],
    [{ maxBytes: Number.NaN }, 'maxBytes is NaN'],
    [{ deadlineMs: -1 }, 'deadlineMs is -1'],
    [{ deadlineMs: Number.POSITIVE_INFINITY }, 'deadlineMs is Infinity'],
  ])('%j is refused by name', async (budget, fact) => {
    await expect(run([answers], { budget })).rejects.toMatchObject({
      code: 'bad-argument',
      message: expect.stringContaining(fact),
    })
  })
})

describe('a policy that fails', () => {
  it('with an empty set of calls gives its best answer', async () => {
    const result = await run([calls(glob('a')), calls()])
    expect(result).toMatchObject({ answer: fallback, stoppedBy: 'no-calls', answeredBy: 'answerNow' })
    expect(result.stats).toMatchObject({ turns: 2, breadth: [1] })
  })

  it('outside the program gives its best answer, and the failure is kept', async () => {
    expect(
      await run([calls(glob('a')), throwing(new FuseSearchError('The endpoint is gone.', { code: 'bad-argument' }))]),
    ).toMatchObject({
      answer: fallback,
      stoppedBy: 'policy-failed',
      answeredBy: 'answerNow',
      failure: { code: 'bad-argument', message: 'The endpoint is gone.' },
    })
  })

  it('and was replaced by its fallback keeps the failure with the answer', async () => {
    const failure = { code: 'model-unreachable', message: 'The endpoint is gone.' }
    expect(await run([calls(glob('a')), { kind: 'answer', answer, failure }])).toMatchObject({
      answer,
      stoppedBy: 'policy-failed',
      answeredBy: 'next',
      failure,
    })
  })

  it('with a bug fails the run', async () => {
    await expect(run([throwing(new TypeError('x is undefined'))])).rejects.toThrow('x is undefined')
    await expect(run([calls(glob('a'))])).rejects.toThrow('The script has 1 steps, but turn 2 was asked.')
  })
})

describe('a failure around the policy', () => {
  it('of the runner fails the run, even for a FuseSearchError', async () => {
    const error = new FuseSearchError('rg is gone', { code: 'rg-missing' })
    const runCalls: RunCalls = () => Promise.reject(error)
    await expect(run([calls(glob('a')), answers], { runCalls })).rejects.toBe(error)
  })

  it('of a runner that loses an observation is a bug', async () => {
    await expect(run([calls(glob('a'))], { runCalls: loseAll })).rejects.toThrow(
      '1 calls ran, but 0 observations came back.',
    )
  })

  it('of a listener fails the run', async () => {
    const record = throwing(new FuseSearchError('disk full', { code: 'write-failed' }))
    await expect(run([answers], { record })).rejects.toMatchObject({ code: 'write-failed' })
  })
})
