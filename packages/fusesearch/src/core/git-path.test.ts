import { expect, it } from 'vitest'
import { hasGitComponent, refuseGitPath } from './git-path.ts'

const GITS_OWN = [
  '.git',
  '.git/',
  '.git/config',
  '/home/me/project/.git',
  'a/./.git/../b',
  'a/.GIT/hooks',
  'a/.Git',
  'a\\.git\\config',
  'C:\\project\\.git',
  '.git.',
  '.git /config',
  '.git. . /config',
  '.git:stream',
  '.git::$INDEX_ALLOCATION/config',
  'git~1',
  'GIT~1/config',
  'git~1::$INDEX_ALLOCATION',
  '.g\u200cit/config',
  '\ufeff.git',
]

const OTHERS = [
  '',
  '.',
  '..',
  '/srv/project.git',
  'project.git/HEAD',
  '.gitignore',
  '.github/workflows',
  '.gitattributes',
  '.gitx',
  'git',
  'git/config',
  'git~10',
  'git~2',
  'x.git:y',
  '. git',
  '.git-blame-ignore-revs',
]

it.each(GITS_OWN)('%j names git’s own folder', (path) => {
  expect(hasGitComponent(path)).toBe(true)
  expect(() => refuseGitPath(path)).toThrowError(expect.objectContaining({ code: 'bad-argument' }))
})

it.each(OTHERS)('%j does not', (path) => {
  expect(hasGitComponent(path)).toBe(false)
  expect(() => refuseGitPath(path)).not.toThrow()
})
