import { describe, expect, it } from 'vitest'
import type { FailedObservation, Observation, ReadFileObservation } from '../../search/index.ts'
import { gainOf, noneDiscovered } from './gain.ts'

const shown = { ok: true, notices: [], bytes: 1 } as const
const totals = { files: 0, lines: 0, occurrences: 0 }

const glob = (...paths: string[]): Observation => ({ ...shown, tool: 'glob', paths, total: paths.length })
const grepPaths = (...paths: string[]): Observation => ({ ...shown, tool: 'grep', mode: 'paths', paths, totals })
const grepCounts = (...paths: string[]): Observation => ({
  ...shown,
  tool: 'grep',
  mode: 'counts',
  counts: paths.map((path) => ({ path, count: 3 })),
  totals,
})

/** Matching lines of one file, and context lines beside them. */
const grep = (path: string, matches: readonly number[], context: readonly number[] = []): Observation => {
  const lines = [...matches, ...context].sort((a, b) => a - b)
  const files = [{ path, lines: lines.map((line) => ({ line, text: '', isMatch: matches.includes(line) })) }]
  return { ...shown, tool: 'grep', mode: 'content', files, totals }
}

const read = (path: string, startLine: number, endLine: number): ReadFileObservation => {
  const lines = Array.from({ length: endLine - startLine + 1 }, (_, index) => ({ line: startLine + index, text: '' }))
  return { ...shown, tool: 'read_file', path, lines, totalLines: 1000 }
}

const pastCommits = (paths: readonly string[], ...ofCommit: string[]): Observation => ({
  ...shown,
  tool: 'history',
  commits: [{ id: 'a', date: '', subject: '', score: 1, paths: ofCommit, changed: null }],
  paths: paths.map((path) => ({ path, score: 1 })),
  total: 1,
})

const failed = (tool: FailedObservation['tool'], code: FailedObservation['code']): FailedObservation => ({
  ok: false,
  tool,
  code,
  message: '',
  bytes: 1,
})

/** The gains of calls in the order of the calls. */
const gainsOf = (...observations: Observation[]): number[] => {
  const discovered = noneDiscovered()
  return observations.map((observation) => gainOf(observation, discovered).gain)
}

describe('what a call reveals', () => {
  it('is the paths that a glob names', () => {
    const discovered = noneDiscovered()
    expect(gainOf(glob('a', 'b', 'c'), discovered)).toEqual({ gain: 1, revealed: 3, fresh: 3 })
    expect(gainOf(glob('b', 'c', 'd', 'e'), discovered)).toEqual({ gain: 0.5, revealed: 4, fresh: 2 })
    expect(discovered.has('path:e')).toBe(true)
    expect(discovered.size).toBe(5)
  })

  it('is the paths that a grep by path or by count names', () => {
    expect(gainsOf(grepPaths('a', 'b'), grepCounts('b', 'c'))).toEqual([1, 0.5])
    expect(gainsOf(grepCounts('a'), grepPaths('a', 'b', 'c', 'd'))).toEqual([1, 0.75])
  })

  it('is the paths that a history call names, ranked or below their commit', () => {
    expect(gainsOf(glob('a', 'b'), pastCommits(['a', 'c'], 'a', 'b', 'd'), pastCommits(['c'], 'd'))).toEqual([
      1, 0.5, 0,
    ])
  })

  it('is the blocks of 50 lines with matches: 1-50, 51-100, …', () => {
    const discovered = noneDiscovered()
    expect(gainOf(grep('a', [1, 50, 51, 100, 101]), discovered)).toEqual({ gain: 1, revealed: 3, fresh: 3 })
    expect(gainOf(grep('a', [25, 75, 150, 151]), discovered)).toEqual({ gain: 0.25, revealed: 4, fresh: 1 })
  })

  it('leaves context lines out', () => {
    const discovered = noneDiscovered()
    expect(gainOf(grep('a', [50], [48, 49, 51, 52]), discovered)).toMatchObject({ revealed: 1 })
    expect(gainOf(grep('a', [52]), discovered).gain).toBe(1)
  })

  it('is the blocks of the lines that a read shows', () => {
    const discovered = noneDiscovered()
    expect(gainOf(read('a', 40, 110), discovered)).toEqual({ gain: 1, revealed: 3, fresh: 3 })
    expect(gainOf(read('a', 90, 160), discovered)).toEqual({ gain: 1 / 3, revealed: 3, fresh: 1 })
  })

  it('keeps files apart', () => {
    expect(gainsOf(grep('a', [1]), grep('b', [1]), read('a', 1, 50), read('b', 1, 50))).toEqual([1, 1, 1, 1])
  })

  it('ends where a limit cut the read', () => {
    expect(gainsOf(read('a', 1, 40), read('a', 51, 100))).toEqual([1, 1])
  })
})

describe('what a call marks besides what it reveals', () => {
  it('is the path of a match', () => {
    expect(gainsOf(grep('a', [1]), glob('a', 'b'), grepPaths('a'))).toEqual([1, 0.5, 0])
  })

  it('is the path of a file with only context lines', () => {
    expect(gainsOf(grep('a', [], [7]), glob('a'))).toEqual([0, 0])
  })

  it('is the path of a read, also of an empty file', () => {
    expect(gainsOf(read('a', 1, 10), glob('a'))).toEqual([1, 0])
    expect(gainsOf(read('empty', 1, 0), glob('empty'))).toEqual([0, 0])
  })

  it("is a read block as seen: a grep in it isn't new", () => {
    expect(gainsOf(read('a', 1, 60), grep('a', [10, 90]), grep('a', [101]))).toEqual([1, 0, 1])
    expect(gainsOf(read('a', 1, 50), grep('a', [10, 60]))).toEqual([1, 0.5])
  })

  it('is never the other way round: reading what a match or a glob found is new', () => {
    expect(gainsOf(glob('a'), grep('a', [10]), read('a', 1, 50))).toEqual([1, 1, 1])
  })

  it("doesn't make a path in another mode new again", () => {
    expect(gainsOf(glob('a'), grepCounts('a'), grepPaths('a'))).toEqual([1, 0, 0])
  })
})

describe('what is not new', () => {
  it('is an equal call, in the same turn or a later one', () => {
    expect(gainsOf(grep('a', [3]), grep('a', [3]))).toEqual([1, 0])
    expect(gainsOf(glob('a'), glob('a'))).toEqual([1, 0])
    expect(gainsOf(read('a', 1, 9), read('a', 1, 9))).toEqual([1, 0])
  })

  it('is reading one block in slices', () => {
    expect(gainsOf(read('a', 1, 10), read('a', 11, 20), read('a', 21, 50))).toEqual([1, 0, 0])
  })

  it('is a repeated call in other words', () => {
    expect(gainsOf(grep('a', [3]), grep('a', [4]))).toEqual([1, 0])
  })
})

describe('a call that reveals nothing', () => {
  it('gains 0: no match, bad pattern, missing file', () => {
    const nothing = [
      glob(),
      grepPaths(),
      grepCounts(),
      grep('a', []),
      failed('grep', 'bad-pattern'),
      failed('read_file', 'not-found'),
    ]
    expect(gainsOf(...nothing)).toEqual([0, 0, 0, 0, 0, 0])
  })

  it('discovers nothing when it failed', () => {
    const discovered = noneDiscovered()
    expect(gainOf(failed('read_file', 'too-large'), discovered)).toEqual({ gain: 0, revealed: 0, fresh: 0 })
    expect(discovered.size).toBe(0)
  })
})

it('scores calls in their order', () => {
  expect(gainsOf(glob('a'), glob('a', 'b'))).toEqual([1, 0.5])
  expect(gainsOf(glob('a', 'b'), glob('a'))).toEqual([1, 0])
})
