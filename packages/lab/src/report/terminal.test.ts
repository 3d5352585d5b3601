import { describe, expect, it } from 'vitest'
import { renderColumns } from './terminal.ts'

const HEAD = 'subset|policy|first|second|third'
const ROWS = [
  ['all', 'embedded', '1', '22', '333'],
  ['kept', 'llm', '4', '-', '666'],
]

describe('columns', () => {
  it('are one table in a pipe, the first two aligned left and the others right', () => {
    expect(renderColumns(HEAD, ROWS)).toBe(`subset  policy    first  second  third
all     embedded      1      22    333
kept    llm           4       -    666
`)
  })

  // subset (6), policy (8) and each further column with a gap of two: 16 + 7 + 8 + 7 = 38 characters.
  it("fit the width of the terminal: columns that don't fit go into another table below", () => {
    expect(renderColumns(HEAD, ROWS, 38)).toBe(renderColumns(HEAD, ROWS))
    expect(renderColumns(HEAD, ROWS, 37)).toBe(`subset  policy    first  second
all     embedded      1      22
kept    llm           4       -

subset  policy    third
all     embedded    333
kept    llm         666
`)
    // At least one column, even in a narrow terminal.
    expect(renderColumns(HEAD, ROWS, 1).split('\n\n')).toHaveLength(3)
    expect(renderColumns('a|b', [['1', '2']], 1)).toBe('a  b\n1  2\n')
  })
})
