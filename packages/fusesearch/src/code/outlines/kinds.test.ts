import { expect, it } from 'vitest'
import { definitionsOf, languageOf } from '../index.ts'
import { FILE_KINDS, interpreterOf, type OutlineKind, outlineKindOf } from './kinds.ts'

const KINDS = Object.entries(FILE_KINDS) as [OutlineKind, (typeof FILE_KINDS)[OutlineKind]][]

it.each(KINDS)('tells %s by each of its names, and takes none from a language with a grammar', (id, kind) => {
  const paths = [
    ...(kind.extensions?.split(' ') ?? []).map((extension) => `dir/a.${extension.toUpperCase()}`),
    ...(kind.names?.split(' ') ?? []).map((name) => `dir/${name.replace('*', 'x')}`),
  ]
  for (const path of paths) {
    expect([path, outlineKindOf(path)]).toEqual([path, id])
    expect([path, languageOf(path)]).toEqual([path, undefined])
  }
  for (const interpreter of kind.interpreters?.split(' ') ?? [])
    expect(outlineKindOf('bin/x', `#!/usr/bin/env ${interpreter}`)).toBe(id)
})

it('reads the interpreter out of a first line', () => {
  expect(interpreterOf('#!/bin/bash -e')).toBe('bash')
  expect(interpreterOf('#!/usr/bin/env -S LANG=C python3.11 -u')).toBe('python')
  expect(interpreterOf('#! /opt/x/node')).toBe('node')
  expect(interpreterOf('# no')).toBeUndefined()
  expect(interpreterOf('#!')).toBe('')
})

/** Cut and repeated forms of what outlines look for; every type of file gets each of them. */
const HOSTILE = [
  '{',
  '}',
  '"',
  "'",
  '<a>',
  '<a x="',
  '- ',
  ' - \n',
  '#',
  '===\n',
  '/*',
  '$$',
  'a,\n',
  'a {\n',
  '[{"name":',
  '<script>\n',
  'def a():\n',
  'FROM a\\\n',
  '\n',
  '\0',
]

it.each(KINDS)('reads hostile %s in bounded time, with lines in order', async (_, kind) => {
  const path = kind.extensions === undefined ? (kind.names?.split(' ')[0] ?? '') : `a.${kind.extensions.split(' ')[0]}`
  for (const unit of HOSTILE) {
    const text = unit.repeat(Math.ceil(5_000 / unit.length))
    for (const { startLine, nameLine, endLine } of (await definitionsOf(path, text)) ?? []) {
      expect(startLine).toBeLessThanOrEqual(nameLine)
      expect(nameLine).toBeLessThanOrEqual(endLine)
      expect(endLine).toBeLessThanOrEqual(text.split('\n').length)
    }
  }
  expect(await definitionsOf(path, 'x'.repeat(1_000_000))).toEqual([])
})
