import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createRng, jsonLine, systemClock } from '../core/index.ts'
import { type Call, type Observation, PROGRAM_LIMITS } from '../search/index.ts'
import {
  type Answer,
  createRecorder,
  createScriptedPolicy,
  type Decision,
  EMPTY_ANSWER,
  type LoopOptions,
  type Policy,
  parseTrajectory,
  type RunCalls,
  readTrajectoryFile,
  recordToFile,
  replayCalls,
  runLoop,
  type Trajectory,
  type TrajectoryFacts,
  withoutTimings,
} from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'trajectory-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const totals = { files: 2, lines: 3, occurrences: 4 }
const notices = [{ limit: 'headLimit', message: '1 of 2 files shown.' }] as const

/** Every kind of call with an observation of it. */
const CASES: readonly (readonly [Call, Observation])[] = [
  [
    { tool: 'grep', arguments: { pattern: '-x', mode: 'content', context: 1, ignoreCase: true, headLimit: 9 } },
    {
      ok: true,
      tool: 'grep',
      mode: 'content',
      files: [
        {
          path: 'ä b.py',
          lines: [
            { line: 9, text: 'a\u2028', isMatch: true },
            { line: 10, text: '\uD800', isMatch: false },
          ],
        },
      ],
      totals,
      notices,
      bytes: 40,
    },
  ],
  [
    { tool: 'grep', arguments: { pattern: 'x', mode: 'paths', word: true, literal: true, globs: ['*.py', '!t/**'] } },
    { ok: true, tool: 'grep', mode: 'paths', paths: ['a', 'b'], totals, notices: [], bytes: 4 },
  ],
  [
    { tool: 'grep', arguments: { pattern: 'x', mode: 'counts' } },
    { ok: true, tool: 'grep', mode: 'counts', counts: [{ path: 'a', count: 4 }], totals, notices: [], bytes: 5 },
  ],
  [
    { tool: 'glob', arguments: { patterns: ['**/*.py'], ignoreCase: false, headLimit: 1 } },
    { ok: true, tool: 'glob', paths: ['c'], total: 2, notices, bytes: 2 },
  ],
  [
    { tool: 'read_file', arguments: { path: 'a', startLine: 1, endLine: 2 } },
    { ok: true, tool: 'read_file', path: 'a', lines: [{ line: 1, text: '' }], totalLines: 1, notices: [], bytes: 6 },
  ],
  [
    { tool: 'read_file', arguments: { path: 'missing' } },
    { ok: false, tool: 'read_file', code: 'not-found', message: 'No file missing.', bytes: 16 },
  ],
]

const answer: Answer = {
  files: [
    {
      path: 'a',
      score: 0.5,
      functions: [{ name: 'A.f', startLine: 1, endLine: 2, score: 0.25 }],
      evidence: [{ turn: 1, call: 4, startLine: 1, endLine: 1, reason: 'was read' }],
    },
  ],
  candidates: {
    files: [{ path: 'a', score: 0.5 }],
    functions: [{ path: 'a', name: 'A.f', startLine: 1, endLine: 2, score: 0.25 }],
  },
  confidence: 0.5,
}

const facts: TrajectoryFacts = {
  tool: { name: 'fusesearch', version: '0.1.0' },
  limits: PROGRAM_LIMITS,
  repository: { commit: 'c0ffee' },
  full: true,
}

const serveCases: RunCalls = async (calls) => ({
  observations: calls.map((call) => {
    const found = CASES.find(([known]) => JSON.stringify(known) === JSON.stringify(call))
    if (found === undefined) throw new Error('not a known call')
    return found[1]
  }),
  ms: calls.map(() => Math.random()),
})

const calling = (...numbers: number[]): Decision => ({
  kind: 'calls',
  calls: CASES.filter((_, number) => numbers.includes(number)).map(([call]) => call),
})
const policy = createScriptedPolicy({ steps: [calling(0, 1, 2, 3, 4, 5), calling(1), { kind: 'answer', answer }] })

const run = (options: Partial<LoopOptions> = {}) =>
  runLoop({ issue: 'Ünï\ncode', policy, seed: 3, runCalls: serveCases, clock: systemClock, ...options })

const record = async (options: Partial<LoopOptions> = {}, asked: Partial<TrajectoryFacts> = {}): Promise<string> => {
  const lines: string[] = []
  await run({ record: createRecorder({ ...facts, ...asked }, (line) => void lines.push(line)), ...options })
  return lines.join('')
}

/** The text with one line changed or put in. */
const withLine = (text: string, line: number, change: (source: string) => string): string => {
  const lines = text.split('\n')
  lines[line - 1] = change(lines[line - 1] ?? '')
  return lines.join('\n')
}

/** Chooses its calls by the seed. */
const drawn: Policy = {
  name: 'drawn',
  start: ({ seed }) => {
    const rng = createRng(seed)
    const next = async ({ mustAnswer }: { mustAnswer: boolean }): Promise<Decision> =>
      mustAnswer ? { kind: 'answer', answer } : calling(rng.integer(6), rng.integer(6), rng.integer(6))
    return { next, answerNow: () => EMPTY_ANSWER }
  },
}

const untimedText = async (seed: number): Promise<string> =>
  JSON.stringify(withoutTimings(await parseTrajectory(await record({ policy: drawn, seed }))))

describe('a trajectory', () => {
  it('contains the whole run and is read back unchanged', async () => {
    const lines: string[] = []
    const { turns, ...end } = await run({ record: createRecorder(facts, (line) => void lines.push(line)) })
    const trajectory = await parseTrajectory(lines.join(''))
    expect(trajectory.complete).toBe(true)
    expect(trajectory.header).toMatchObject({ ...facts, issue: 'Ünï\ncode', policy: 'scripted', seed: 3, version: 1 })
    expect(trajectory.turns).toEqual(turns.map((turn) => expect.objectContaining({ ...turn })))
    expect(trajectory.end).toEqual({ kind: 'end', ...end })
    expect(lines.map((line) => JSON.parse(line))).toEqual([trajectory.header, ...trajectory.turns, trajectory.end])
  })

  it('without full has digests: how much was shown, and which limits cut it', async () => {
    const { turns, header } = await parseTrajectory(await record({}, { full: false }))
    expect(header.full).toBe(false)
    expect(turns[0]).not.toHaveProperty('observations')
    const none = { notices: [] }
    expect(turns[0]?.digests).toEqual([
      digest('grep', [1, 1, 2, 3], { mode: 'content', notices, bytes: 40 }),
      digest('grep', [2, 0, 2, 0], { mode: 'paths', ...none, bytes: 4 }),
      digest('grep', [1, 0, 2, 0], { mode: 'counts', ...none, bytes: 5 }),
      digest('glob', [1, 0, 2, 0], { notices, bytes: 2 }),
      digest('read_file', [1, 1, 1, 1], { ...none, bytes: 6 }),
      CASES[5]?.[1],
    ])
  })

  it('is the same for the same seed, except for times', async () => {
    expect(await untimedText(7)).toBe(await untimedText(7))
    expect(await untimedText(7)).not.toBe((await untimedText(8)).replace('"seed":8', '"seed":7'))
  })

  it('keeps why a run ended: cut calls, a failure', async () => {
    const limited = await parseTrajectory(await record({ budget: { maxBreadth: 1, maxTurns: 2 } }))
    expect(limited.turns[0]?.cut).toHaveLength(5)
    expect(limited.end).toMatchObject({ stoppedBy: 'turns', answeredBy: 'answerNow', stats: { cutCalls: 5 } })
  })
})

const digest = (tool: string, amounts: readonly number[], rest: object) => {
  const [shownFiles, shownLines, files, lines] = amounts
  return { ok: true, tool, shown: { files: shownFiles, lines: shownLines }, total: { files, lines }, ...rest }
}

describe('a broken trajectory', () => {
  it('is read up to the cut of a killed run, at any byte', async () => {
    const text = await record()
    const firstNewline = text.indexOf('\n')
    for (let length = firstNewline + 1; length < text.length - 1; length += 97) {
      const cut = await parseTrajectory(text.slice(0, length))
      expect(cut).toMatchObject({ complete: false, end: null })
      expect(cut.turns.length).toBe(text.slice(0, length).split('\n').length - 2)
    }
  })

  it('without its last newline is complete', async () => {
    expect((await parseTrajectory((await record()).trimEnd())).complete).toBe(true)
  })

  it.each<[string, (text: string) => string, string]>([
    ['an empty text', () => '', 'T, line 1: there is no complete line'],
    ['a torn header', (text) => text.slice(0, 40), 'T, line 1: there is no complete line'],
    ['another file', () => '[workspace]\n', 'Name a file that --trajectory wrote.'],
    ['other JSONL', () => '{"a":1}\n', "T, line 1: this isn't a header, turn or end"],
    ['a broken line', (text) => withLine(text, 2, (line) => line.slice(0, 50)), 'T, line 2: this is not JSON'],
    ['another version', (text) => text.replace('"version":1', '"version":2'), 'version 2, but only fusesearch-traj'],
    ['another schema', (text) => text.replace('"fusesearch-trajectory"', '"atif"'), 'this is "atif" version 1'],
    ['a wrong type', (text) => withLine(text, 3, (line) => line.replace('"turn":2', '"turn":"2"')), '3: turn.turn: '],
    [
      'a gain above 1',
      (text) => withLine(text, 3, (line) => line.replace('"gains":[0]', '"gains":[2]')),
      'turn.gains.0',
    ],
    ['a lost gain', (text) => withLine(text, 3, (line) => line.replace('"gains":[0]', '"gains":[]')), '0 gains'],
    ['no header', (text) => withLine(text, 1, () => ''), 'T, line 2: a turn comes before the header'],
    ['a lost turn', (text) => withLine(text, 2, () => ''), 'T, line 3: turn 2 where turn 1 belongs'],
    ['a second header', (text) => text + text, 'T, line 4: a second end where turn 3 belongs'],
  ])('%s is refused by line and fact', async (_, damage, fact) => {
    const broken = parseTrajectory(damage(await record()), 'T')
    await expect(broken).rejects.toMatchObject({ code: 'bad-trajectory', message: expect.stringContaining(fact) })
  })

  it('of a newer version with only additional fields is read', async () => {
    const text = withLine(await record(), 1, (line) => line.replace('{', '{"added":1,'))
    expect((await parseTrajectory(text)).header).not.toHaveProperty('added')
  })
})

describe('a trajectory file', () => {
  it('gets each turn as soon as it is over, and replaces an old file', async () => {
    const path = join(folder, 'run.jsonl')
    writeFileSync(path, 'older\n'.repeat(9999))
    const lengths: number[] = []
    await run({
      record: recordToFile(path, facts),
      onEvent: () => void lengths.push(readFileSync(path, 'utf8').split('\n').length - 1),
    })
    expect(lengths).toEqual([1, 1, 2, 2, 3, 4])
    expect((await readTrajectoryFile(path)).complete).toBe(true)
    appendFileSync(path, jsonLine({ kind: 'end' }))
    await expect(readTrajectoryFile(path)).rejects.toThrow(`${path}, line 5: end.`)
  })

  it("that can't be written is refused before the run", () => {
    mkdirSync(join(folder, 'd'))
    expect(() => recordToFile(join(folder, 'd'), facts)).toThrow(/Cannot write the trajectory .*\/d: EISDIR/)
    expect(() => recordToFile(join(folder, 'no', 'x'), facts)).toThrow(/no\/x: ENOENT: no such file or directory\./)
  })

  it.skipIf(!existsSync('/dev/full'))('on a full disk fails the run with a clear sentence', async () => {
    const failing = run({ record: recordToFile('/dev/full', facts) })
    await expect(failing).rejects.toMatchObject({
      code: 'write-failed',
      message: expect.stringContaining('/dev/full: ENOSPC: no space left on device. Make room'),
    })
  })

  it("that can't be read says so", async () => {
    await expect(readTrajectoryFile(join(folder, 'none'))).rejects.toMatchObject({
      code: 'bad-trajectory',
      message: expect.stringContaining('none: ENOENT: no such file or directory. Name a file'),
    })
  })
})

const replay = (trajectory: Trajectory, asked: Policy = policy) =>
  run({ runCalls: replayCalls(trajectory), budget: trajectory.header.budget, policy: asked })

describe('a replay', () => {
  it('gives the same trajectory again without a repository', async () => {
    const recorded = await parseTrajectory(await record())
    const again = await parseTrajectory(await record({ runCalls: replayCalls(recorded) }))
    expect(withoutTimings(again)).toEqual(withoutTimings(recorded))
  })

  it('treats calls as equal for any order of their arguments', async () => {
    const recorded = await parseTrajectory(await record())
    const swapped: Call = { tool: 'read_file', arguments: { endLine: 2, path: 'a', startLine: 1 } }
    const calls = CASES.map(([call], index) => (index === 4 ? swapped : call))
    const steps: Decision[] = [{ kind: 'calls', calls }, calling(1), { kind: 'answer', answer }]
    await expect(replay(recorded, createScriptedPolicy({ steps }))).resolves.toMatchObject({ answer })
  })

  it.each<[string, Decision[], string]>([
    ['another call', [calling(0, 1, 2, 3, 4, 5), calling(2)], 'Turn 2 differs from the trajectory: call 1 was grep {'],
    ['a call less', [calling(0, 1, 2, 3, 4)], 'call 6 was read_file {"path":"missing"} and is now none'],
    [
      'a turn more',
      [calling(0, 1, 2, 3, 4, 5), calling(1), calling(1)],
      'had answered: the policy issues 1 calls in turn 3',
    ],
  ])('of %s says where', async (_, steps, fact) => {
    const recorded = await parseTrajectory(await record())
    await expect(replay(recorded, createScriptedPolicy({ steps }))).rejects.toMatchObject({
      code: 'bad-trajectory',
      message: expect.stringContaining(fact),
    })
  })

  it('of a killed run continues as far as it was recorded', async () => {
    const text = await record()
    const killed = await parseTrajectory(text.split('\n').slice(0, 2).join('\n'))
    await expect(replay(killed)).rejects.toThrow('The recorded run was stopped early')
  })

  it('of digests is refused', async () => {
    const digests = await parseTrajectory(await record({}, { full: false }))
    expect(() => replayCalls(digests)).toThrow('Record it with --full')
  })
})
