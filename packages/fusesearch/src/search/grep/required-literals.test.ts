import { expect, test } from 'vitest'
import { requiredLiterals } from './required-literals.ts'

test.each([
  ['foo.*barbaz', ['barbaz']],
  ['\\bdef\\s+(?:alpha|betas)\\b', ['alpha', 'betas']],
  ['(?:class|def)\\s+\\w+', ['class', 'def']],
  ['names?', ['name']],
  ['ab+c', undefined],
  ['foobar|baz', undefined],
  ['(?:foo|bar)?', undefined],
  ['(?:foo|bar){0,2}x', undefined],
  ['[]foo]', undefined],
  ['[^]foo]quux', ['quux']],
  ['\\(foo\\)', ['foo']],
  ['(?:a[)]b)long', ['long']],
  ['x', undefined],
  ['\\d{100}', undefined],
  ['[a-f]{100,200}long', ['long']],
  ['names{100}', ['name']],
])('%s requires %j', (pattern, expected) => {
  expect(requiredLiterals(pattern)).toEqual(expected)
})
