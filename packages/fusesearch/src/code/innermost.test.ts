import { expect, it } from 'vitest'
import { innermostFunctionAt } from './innermost.ts'
import { parseDefinitions } from './parse.ts'

const TEXT = `import x
@dec
def a():
    def b():
        return 1

    class C:
        y = 1
        def m(self): pass
    return b

class D:
    z = 1
`

it.each([
  [1, undefined],
  [2, 'a'],
  [3, 'a'],
  [4, 'a.b'],
  [5, 'a.b'],
  [6, 'a'],
  [8, 'a'],
  [9, 'a.C.m'],
  [10, 'a'],
  [11, undefined],
  [13, undefined],
  [99, undefined],
])('line %s belongs to %s', async (line, name) => {
  expect(innermostFunctionAt(await parseDefinitions(TEXT, 'python'), line)?.name).toBe(name)
})

it('gives a line that two functions share to the one that begins later', async () => {
  const definitions = await parseDefinitions('function a() {\n} function b() {\n}\n', 'javascript')
  expect(innermostFunctionAt(definitions, 2)?.name).toBe('b')
})
