import { expect, it } from 'vitest'
import { type Mark, outlineOf } from './outline.ts'

// Text of ten lines of ten characters, so that offset 10·n begins row n.
const TEXT = '123456789\n'.repeat(10)

it('nests by range, whatever the order of the marks', () => {
  const marks = [mark('function', 20, 49, 'm'), mark('class', 0, 79, 'A'), mark('function', 30, 39, 'n')]
  expect(brief(outlineOf(marks, TEXT))).toEqual(['A 1-8 -1', 'A.m 3-5 0', 'A.m.n 4-4 1'])
})

it('lets a scope qualify names without being a definition or a parent', () => {
  const marks = [mark('class', 0, 99, 'A'), mark('scope', 10, 49, 's'), mark('function', 20, 29, 'f')]
  expect(brief(outlineOf(marks, TEXT))).toEqual(['A 1-10 -1', 'A.s.f 3-3 0'])
})

it('counts a mark that is there twice once, and keeps overloads', () => {
  const marks = [mark('function', 0, 9, 'f'), mark('function', 0, 9, 'f'), mark('function', 10, 19, 'f')]
  expect(brief(outlineOf(marks, TEXT))).toEqual(['f 1-1 -1', 'f 2-2 -1'])
})

it('begins a definition at the decorators before it, and only at those', () => {
  const text = '@a\n@b\n// why\nf\n@c x\ng\n'
  const marks = [
    { ...mark('leading', 0, 2, ''), startRow: 0 },
    { ...mark('leading', 3, 5, ''), startRow: 1 },
    { ...mark('function', 13, 14, 'f'), startRow: 3, endRow: 3 },
    { ...mark('leading', 15, 17, ''), startRow: 4 },
    { ...mark('function', 20, 21, 'g'), startRow: 5, endRow: 5 },
  ]
  expect(brief(outlineOf(marks, text))).toEqual(['f 1-4 -1', 'g 6-6 -1'])
})

it('tells at once that many comments lead to no definition', () => {
  // A single expression for the whole gap would backtrack exponentially here.
  const text = `@a\n${'/* why */ '.repeat(2_000)}x\nf\n`
  const start = text.indexOf('f\n')
  const marks = [
    { ...mark('leading', 0, 2, ''), startRow: 0 },
    { ...mark('function', start, start + 1, 'f'), startRow: 2, endRow: 2 },
  ]
  expect(brief(outlineOf(marks, text))).toEqual(['f 3-3 -1'])
})

it('begins a definition at the head that wraps it', () => {
  const marks = [mark('leading', 0, 39, ''), mark('class', 10, 39, 'T'), mark('function', 20, 29, 'f')]
  expect(brief(outlineOf(marks, TEXT))).toEqual(['T 1-4 -1', 'T.f 3-3 0'])
})

function mark(...[role, start, end, name]: [Mark['role'], number, number, string]): Mark {
  const startRow = Math.floor(start / 10)
  return { role, start, end, startRow, endRow: Math.floor(end / 10), nameRow: startRow, name, bases: [] }
}

function brief(definitions: ReturnType<typeof outlineOf>): string[] {
  return definitions.map(({ name, startLine, endLine, parent }) => `${name} ${startLine}-${endLine} ${parent}`)
}
