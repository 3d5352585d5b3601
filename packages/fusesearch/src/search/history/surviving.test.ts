import { describe, expect, test } from 'vitest'
import { survivingLines } from './surviving.ts'

const TEXT = `class Cart:
    def total(self):
        prices = sum(self.prices)
        return prices

    def discount(self, percent):
        check(percent)
        return percent / 100 * self.total()
`

const by = (id: string, score: number, ...hunks: readonly (readonly [number, string, ...string[]])[]) => ({
  id,
  score,
  hunks: hunks.map(([startLine, heading, ...added]) => ({ startLine, heading, added })),
})

describe('survivingLines', () => {
  test('finds lines where they stand now, neighbours as one range', () => {
    const written = by('a', 0.5, [90, 'def x():', '        check(percent)', '  return percent / 100 * self.total()'])
    expect(survivingLines(TEXT, [written])).toEqual([{ startLine: 7, endLine: 8, commit: 'a', score: 0.5 }])
  })

  test('takes the function around lines that are gone, for less', () => {
    const written = by('a', 0.5, [4, '    def discount(self, percent):', '        return percent / 10 * 3'])
    expect(survivingLines(TEXT, [written])).toEqual([{ startLine: 6, endLine: 6, commit: 'a', score: 0.3 }])
    expect(survivingLines(TEXT, [by('a', 0.5, [4, 'def gone(self):', '        return 0 * 10 * 3'])])).toEqual([])
  })

  test('takes the nearest of equal lines, and none of a line that stands everywhere or says little', () => {
    const twice = `${TEXT}${TEXT}`
    const near = (startLine: number) => survivingLines(twice, [by('a', 1, [startLine, '', '        check(percent)'])])
    expect([near(1)[0]?.startLine, near(16)[0]?.startLine]).toEqual([7, 15])
    expect(survivingLines(TEXT.repeat(5), [by('a', 1, [1, '', '        check(percent)'])])).toEqual([])
    expect(survivingLines(TEXT, [by('a', 1, [1, '', '  return p'], [4, '', ''])])).toEqual([])
  })

  test('is in order of scores, then of lines', () => {
    const commits = [
      by('a', 0.2, [3, '', 'check(percent)']),
      by('b', 0.9, [1, '', 'class Cart:'], [1, '', 'prices = sum(self.prices)']),
    ]
    expect(survivingLines(TEXT, commits).map(({ startLine, commit }) => [startLine, commit])).toEqual([
      [1, 'b'],
      [3, 'b'],
      [7, 'a'],
    ])
  })
})
