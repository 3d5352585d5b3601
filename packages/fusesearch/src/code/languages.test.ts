import { expect, it } from 'vitest'
import { FuseSearchError } from '../core/index.ts'
import type { Language } from './definition.ts'
import { LANGUAGES, languageOf } from './languages.ts'
import { loadLanguage } from './load.ts'

it.each<[string, Language | undefined]>([
  ['a/b.py', 'python'],
  ['a/b.pyi', 'python'],
  ['x.d.ts', 'typescript'],
  ['x.MTS', 'typescript'],
  ['x.tsx', 'tsx'],
  ['x.jsx', 'javascript'],
  ['x.cjs', 'javascript'],
  ['include/x.h', 'cpp'],
  ['x.c', 'c'],
  ['x.cu', 'cpp'],
  ['src\\x.kts', 'kotlin'],
  ['Rakefile', 'ruby'],
  ['lib/tasks.rake', 'ruby'],
  ['.py', undefined],
  ['py', undefined],
  ['a.py/notes', undefined],
  ['x.md', undefined],
  ['', undefined],
])('%s is %s', (path, language) => {
  expect(languageOf(path)).toBe(language)
})

it('loads every grammar of the build, also when asked many times at once', async () => {
  await Promise.all([...LANGUAGES, ...LANGUAGES].map(loadLanguage))
})

it('says which grammar is missing and what to do', async () => {
  const failure = await loadLanguage('cobol' as Language).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(FuseSearchError)
  expect(failure).toMatchObject({ code: 'grammar-failed', message: expect.stringContaining('cobol') })
})
