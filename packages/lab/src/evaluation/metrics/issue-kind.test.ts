import { expect, test } from 'vitest'
import { issueKinds } from './issue-kind.ts'

const gold = { files: ['src/app/fields.py'], functions: [{ path: 'src/app/fields.py', name: 'Nested._serialize' }] }

test('a file is named by path or base name, as a whole word', () => {
  expect(issueKinds('see src/app/fields.py#L447', gold)).toEqual(['names-file'])
  expect(issueKinds('in `fields.py`', gold)).toEqual(['names-file'])
  expect(issueKinds('in myfields.py', gold)).toEqual(['none'])
})

test('a function is named by its short name', () => {
  expect(issueKinds('Nested._serialize() eats it', gold)).toEqual(['names-function'])
  expect(issueKinds('pre_serialize', gold)).toEqual(['none'])
  expect(issueKinds('go to x', { files: [], functions: [{ path: 'a', name: 'go' }] })).toEqual(['none'])
})

test('recognizes tracebacks of several languages', () => {
  for (const trace of [
    'Traceback (most recent call last):\n  File "/x/y.py", line 3, in f',
    'Error: x\n    at Object.run (/srv/app.js:10:5)',
    'java.lang.X\n\tat a.b.C.run(C.java:44)',
    "thread 'main' panicked at src/main.rs:3:5",
    '\tfrom lib/a.rb:12:in `go',
  ]) {
    expect(issueKinds(trace, gold), trace).toEqual(['has-traceback'])
  }
})

test('an issue may have several kinds', () => {
  expect(issueKinds('  File "fields.py", line 3, in _serialize', gold)).toEqual([
    'names-file',
    'names-function',
    'has-traceback',
  ])
})

test.each(['\n', ' \n', '\r', '\n at x'])('an issue that repeats %j is looked at in linear time', (part) => {
  expect(issueKinds(part.repeat(1_000_000 / part.length), gold)).toEqual(['none'])
})
