import { describe, expect, it } from 'vitest'
import { ParseBudget } from './effort.ts'
import { LANGUAGES } from './languages.ts'
import { MAX_OPEN_BRACKETS, MAX_PARSED_CHARS, MINIFIED_MEAN_LINE, reasonNotParsed } from './limits.ts'
import { parseDefinitions, parseOutline } from './parse.ts'

describe('reasonNotParsed', () => {
  it('lets ordinary, empty and odd short texts through', () => {
    for (const text of ['', '\n', 'def f(): pass', 'x'.repeat(MINIFIED_MEAN_LINE + 1), 'a < b\n'.repeat(900)])
      expect(reasonNotParsed(text)).toBeUndefined()
  })

  it('names the limit that a text breaks', () => {
    expect(reasonNotParsed('a\n'.repeat(MAX_PARSED_CHARS))).toBe(
      'it has 2000000 characters, and functions are listed in files of up to 1000000',
    )
    expect(reasonNotParsed('a;'.repeat(500_000))).toBe(
      'it looks minified, with more than 2000 characters a line on average',
    )
    expect(reasonNotParsed('a<\n'.repeat(MAX_OPEN_BRACKETS + 1))).toBe(
      'it leaves more than 1000 brackets of one kind open',
    )
    expect(reasonNotParsed('def f(): pass\n\0')).toBe('it holds a NUL character, so it is taken as binary')
  })

  it('takes a bracket as closed where it is', () => {
    expect(reasonNotParsed('f(a[1], {b: c<d>()})\n'.repeat(2_000))).toBeUndefined()
    expect(reasonNotParsed('i < n;\n'.repeat(2_000))).toBeUndefined()
  })
})

describe('parseDefinitions on hostile text', () => {
  it('takes no passage for a name', async () => {
    const passage = 'part.'.repeat(100)
    const definitions = await parseDefinitions(
      `a.b.run = function () {}\n${passage}run = function () {}\n`,
      'javascript',
    )
    expect(definitions.map(({ name }) => name)).toEqual(['a.b.run'])
  })

  const minified = `${'function f(a){return a+1};'.repeat(40_000)}\n`

  it.each(LANGUAGES)('answers quickly with nothing in %s', async (language) => {
    for (const text of ['', '\0', minified, '('.repeat(30_000), 'x\0'.repeat(1_000)])
      expect(await parseDefinitions(text, language)).toEqual([])
  })

  it('returns from a Kotlin declaration that ends the text without a newline', async () => {
    expect(await parseDefinitions('val p: Int', 'kotlin')).toEqual([])
  })

  const farAhead = [
    // An unterminated raw string: the scanner searches for its end from every line.
    ['swift', '#if a\n#"x\n'.repeat(60_000)],
    ['kotlin', 'lorem ipsum dolor sit amet, consectetur adipiscing elit.\n'.repeat(8_000)],
    ['java', 'a+-*/&|^!~?:b.c->d=>e::f\n'.repeat(40_000)],
  ] as const

  it.each(farAhead)('ends at its processor time on text that %s gets lost in', async (language, text) => {
    const budget = new ParseBudget({ maxChars: 2_000_000, maxCpuMs: 150 })
    const reason = 'its grammar takes too long to make sense of it'
    expect(await parseOutline(text, language, { budget })).toEqual({ definitions: [], notParsed: reason })
    // The parser still works, and the budget is used up.
    expect(await parseDefinitions('class A {}\n', language)).toMatchObject([{ name: 'A' }])
    expect((await parseOutline('class A {}\n', language, { budget })).notParsed).toBe(
      'parsing took its 150 ms of processor time',
    )
  })

  it('parses no more characters than a budget has', async () => {
    const budget = new ParseBudget({ maxChars: 40, maxCpuMs: 1_000 })
    const text = 'def a():\n    return 1\n'
    expect((await parseOutline(text, 'python', { budget })).definitions).toHaveLength(1)
    expect(await parseOutline(text, 'python', { budget })).toEqual({
      definitions: [],
      notParsed: 'with it more than 40 characters would be parsed',
    })
  })

  it('finds the functions before and after a syntax error', async () => {
    const text = 'def a():\n    return 1\n\ndef b(:\n    )\n\ndef c():\n    return 2\n'
    const names = (await parseDefinitions(text, 'python')).map((definition) => definition.name)
    expect(names).toContain('a')
    expect(names).toContain('c')
  })

  it('keeps lines right behind a byte order mark and characters outside the first plane', async () => {
    const text = `\uFEFFs = '${'😀'.repeat(100)}'\ndef é_name():\n    return '😀'\n`
    expect(await parseDefinitions(text, 'python')).toMatchObject([{ name: 'é_name', startLine: 2, endLine: 3 }])
  })
})

describe('a long-lived parser', () => {
  it('finds in a Swift text what it found the first time', async () => {
    const unit = '#if DEBUG\nfunc a() {\n  print(#function)\n}\n#endif\nfunc b() -> String { return #"x"# }\n'
    const text = unit.repeat(40)
    const first = await parseDefinitions(text, 'swift')
    expect(first).toHaveLength(80)
    for (let round = 0; round < 5; round++) expect(await parseDefinitions(text, 'swift')).toEqual(first)
  })

  it('takes no half of a character where it takes a text in pieces', async () => {
    for (let shift = 0; shift < 4; shift++) {
      const text = `${'#'.repeat(shift)}\n${'def 𝒳𝒳𝒳():\n    return "😀"\n'.repeat(100)}`
      const names = (await parseDefinitions(text, 'python')).map(({ name }) => name)
      expect(names).toEqual(Array.from({ length: 100 }, () => '𝒳𝒳𝒳'))
    }
  })
})
