import { describe, expect, test } from 'vitest'
import { scriptedEncoder } from '../../../../../../test/support/scripted-encoder.ts'
import { read, searched } from '../../../../../../test/support/searched.ts'
import type { KnownFile } from '../knowledge.ts'
import { functionPassage, outlinePassage } from './passages.ts'
import { isInDoubt, noteOf, reread } from './reread.ts'
import type { Reader } from './weights.ts'

const signal = new AbortController().signal
const weights: Reader['weights'] = { doubt: 0.6, file: { best: 2, outline: 1 }, function: { own: 3, file: 4 } }
const issue = 'the basket drifts'

describe('reread', () => {
  const turn = [
    read('a.py', 'def one():\n    pass\ndef two():\n    pass\n'),
    read('b.py', '# Loud.\ndef violin():\n    three()\n'),
    read('c.txt', 'nothing\n'),
  ]

  test('adds what the encoder finds, measured from its mean over what was read', async () => {
    // Every score is 0 before, so that files come by path and functions by line.
    const search = await searched({ issue }, turn)
    const encoder = scriptedEncoder('violin')
    const after = await reread(search, { issue, reader: { encoder, weights } }, signal)
    // Of three files one is near in both ways: 2 · 1 + 1 · 1 = 3, and the mean is 1.
    expect(after.files.map(({ file, score }) => [file.path, score])).toEqual([
      ['b.py', 2],
      ['a.py', -1],
      ['c.txt', -1],
    ])
    // Of three functions one: 3 · 1 + 4 · 1 = 7, and the mean is 7 / 3.
    const functions = after.functions.map(({ definition, score }) => [definition.name, score])
    expect(functions.map(([name]) => name)).toEqual(['violin', 'one', 'two'])
    expect(functions[0]?.[1]).toBeCloseTo(14 / 3, 10)
    expect(functions[1]?.[1]).toBeCloseTo(-7 / 3, 10)
    expect([...after.raised].map(([{ path }, raised]) => [path, raised])).toEqual([
      [
        'b.py',
        { reason: 'reads like the issue: scripted raised the file from place 2 to 1', startLine: 2, endLine: 3 },
      ],
    ])
    expect(noteOf(after, { encoder, weights })).toContain('scripted read 6 passages of it and put b.py first.')
    // The issue, three files in the order of the ranking, then the functions.
    expect(encoder.asked).toEqual([
      ['the basket drifts', 'a py one two', 'b py violin', 'c txt nothing']
        .concat(['one def one pass', 'two def two pass'])
        .concat(['violin Loud def violin three']),
    ])
  })

  test('what was not read keeps its score', async () => {
    const search = await searched({ issue }, turn)
    const [first] = search.files
    const unread = { ...first, file: { ...first?.file, path: 'd.py', read: undefined } as KnownFile, score: 0.5 }
    const files = [...search.files, unread] as typeof search.files
    const reader = { encoder: scriptedEncoder('violin'), weights }
    const after = await reread({ files, functions: search.functions, parsed: search.parsed }, { issue, reader }, signal)
    expect(after.files.map(({ file, score }) => [file.path, score])).toEqual([
      ['b.py', 2],
      ['d.py', 0.5],
      ['a.py', -1],
      ['c.txt', -1],
    ])
  })

  test('an order that stays is told too, and nothing counts as raised', async () => {
    const search = await searched({ issue }, turn)
    const encoder = scriptedEncoder('absent')
    const after = await reread(search, { issue, reader: { encoder, weights } }, signal)
    expect(after.files.map(({ file, score }) => [file.path, score])).toEqual([
      ['a.py', 0],
      ['b.py', 0],
      ['c.txt', 0],
    ])
    expect(after.raised.size).toBe(0)
    expect(noteOf(after, { encoder, weights })).toContain('the first file stayed')
  })

  test('doubt is the chance of the first of ten', async () => {
    // Three equal scores: a third each. The chances are in proportion to e to 0.9 times the score.
    const search = await searched({ issue }, turn)
    expect(isInDoubt(search, { doubt: 0.34 })).toBe(true)
    expect(isInDoubt(search, { doubt: 0.33 })).toBe(false)
    expect(isInDoubt({ files: [] }, { doubt: 1 })).toBe(false)
  })
})

async function passagesOf(path: string, text: string): Promise<readonly string[]> {
  const search = await searched({ issue }, [read(path, text)])
  const names = search.functions.map(({ definition }) => definition.shortName)
  return [...search.files.map(({ file }) => outlinePassage(file, names)), ...search.functions.map(functionPassage)]
}

describe('passages', () => {
  test('a file without definitions is its path and the text behind its licence and its imports', async () => {
    const licence = '# Copyright 2020 Someone.\n# Licensed under the MIT licence.\n'
    const text = `#!/usr/bin/env python\n${licence}\nimport os\nfrom a import b\n"""Renews sessions."""\nLIMIT = 3\n`
    expect(await passagesOf('auth/renewSession.py', text)).toEqual(['auth renew Session py Renews sessions LIMIT 3'])
    expect(await passagesOf('a.txt', '# Says what it is.\nmore\n')).toEqual(['a txt Says what it is more'])
  })

  test('a function is its name, its comment, its signature and its body', async () => {
    const text =
      'x = 1\n# Renews it.\n# Twice.\ndef renewAll(users):\n    for user in users: renew(user)\n\n\nprint(x)\n'
    const [ofFile, ofFunction] = await passagesOf('a/b.py', text)
    expect(ofFile).toBe('a b py renew All')
    expect(ofFunction).toBe('renew All Renews it Twice def renew All users for user in users renew user')
  })
})
