import { expect, test } from 'vitest'
import { readAnswer } from './read-answer.ts'

function linesOf(lines: unknown): readonly (number | undefined)[] {
  const answer = readAnswer({ files: [{ path: 'a.py', functions: [{ name: 'f', lines }] }] })
  const [named] = answer?.files[0]?.functions ?? []
  return [named?.startLine, named?.endLine]
}

test.each([
  ['3-9', [3, 9]],
  ['lines 12 to 7', [7, 12]],
  ['L3', [undefined, undefined]],
  ['5', [5, 5]],
  [
    [3, 9],
    [3, 9],
  ],
])('the lines %j', (lines, wanted) => {
  expect(linesOf(lines)).toEqual(wanted)
})

test('digits without an end are read in linear time', () => {
  expect(linesOf('1'.repeat(1_000_000))).toEqual([undefined, undefined])
})
