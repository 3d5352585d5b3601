import { expect, it } from 'vitest'
import { findOccurrences } from './index.ts'

/** The kinds of an identifier's occurrences in order, each with the definition around it. */
async function kindsIn(path: string, text: string, name = 'total'): Promise<string[]> {
  const { occurrences } = await findOccurrences({ path, text, name })
  return occurrences.map(({ kind, inside }) => (inside === undefined ? kind : `${kind} in ${inside}`))
}

it.each([
  ['a.py', 'from m import total\n# total\ndef total(x):\n    "total"\n    return f"total {total(x)}"\n'],
  ['a.ts', "import { total } from 'm'\n// total\nfunction total(x) {\n  'total'\n  return `total ${total(x)}`\n}\n"],
  ['a.rb', 'require "total"\n# total\ndef total(x)\n  "total"\n  "total #{total(x)}"\nend\n'],
  ['a.kt', 'import m.total\n// total\nfun total(x: Int): Int {\n  "total"\n  return "total ${total(x)}"\n}\n'],
  ['a.swift', 'import total\n// total\nfunc total(x: Int) -> Int {\n  "total"\n  return "total \\(total(x))"\n}\n'],
])('tells definition, use, comment and string apart, and code inside a string: %s', async (path, text) => {
  const [first, ...rest] = await kindsIn(path, text)
  // Ruby's `require` takes a string.
  expect(first).toBe(path === 'a.rb' ? 'string' : 'import')
  expect(rest).toEqual(['comment', 'definition in total', 'string in total', 'string in total', 'use in total'])
})

it.each([
  ['a.go', 'package m\n\nimport "total"\n\n// total\nfunc total() string { return "total" + `total` + f(total) }\n'],
  ['A.java', 'import m.total;\nclass A {\n  /* total */ int total() { return f("total", total); }\n}\n'],
  ['a.rs', 'use m::total;\n/// total\nfn total() -> i32 { f("total", total) }\n'],
  ['a.cs', 'using total;\nclass A {\n  // total\n  int total() { return F("total", total); }\n}\n'],
  ['a.php', '<?php\nuse m\\total;\n// total\nfunction total() { return f("total $total", total); }\n'],
  ['a.c', '#include "total"\n// total\nint total(void) { return f("total", total); }\n'],
  ['a.scala', 'import m.total\n// total\nobject A { def total = f("total", total) }\n'],
])('knows comments, strings and uses in the other languages: %s', async (path, text) => {
  const kinds = (await kindsIn(path, text)).map((kind) => kind.split(' ')[0])
  expect(kinds.filter((kind) => kind === 'definition')).toHaveLength(1)
  expect(kinds.filter((kind) => kind === 'comment')).toHaveLength(1)
  expect(kinds).toContain('string')
  expect(kinds.at(-1)).toBe('use')
})

it('reads the script of a component by its grammar, at the lines of the file, and all else as mentions', async () => {
  const text =
    '<template>\r\n  <b>{{ total }}</b>\r\n</template>\r\n<script>\r\n// total\r\nfunction total() {}\r\n</script>\r\n'
  const { occurrences } = await findOccurrences({ path: 'a.vue', text, name: 'total' })
  expect(occurrences.map(({ kind, line, column }) => `${line}:${column} ${kind}`)).toEqual([
    '2:9 mention',
    '5:4 comment',
    '6:10 definition',
  ])
})

it('finds whole identifiers only, and takes text without a grammar as mentions beside its definitions', async () => {
  expect(await kindsIn('a.py', 'subtotal = total_of(totals)\n')).toEqual([])
  expect(await kindsIn('a.sh', 'total() {\n  echo total\n}\n')).toEqual(['definition in total', 'mention in total'])
  expect(await kindsIn('notes.txt', 'the total\n')).toEqual(['mention'])
  const minified = 'var total=1;'.repeat(3000)
  expect(await findOccurrences({ path: 'a.js', text: minified, name: 'total' })).toMatchObject({
    notParsed: expect.stringContaining('minified'),
  })
})
