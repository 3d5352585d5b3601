import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { temporaryFolder, writeFiles } from '../../../../../test/support/folder.ts'
import { createPathFilter } from '../path-filter.ts'
import { packagedRg } from '../rg/locate.ts'
import { LazyDfa } from './lazy-dfa.ts'
import { buildNfa } from './nfa.ts'
import { parseGlob } from './parse.ts'

const RUNS = Number(process.env['FUSESEARCH_PROPERTY_RUNS'] ?? 15)

// Few letters, so that patterns meet paths. A name of a folder is no name of a file.
const FOLDERS = ['a', 'ab', 'b.d', '.c', 'A-b']
const FILES = ['f', 'a.f', 'ab.f', 'b.F', '.f', 'f-a', 'aaa', '1f']
const PATHS = ['', ...FOLDERS, ...FOLDERS.flatMap((one) => FOLDERS.map((other) => `${one}/${other}`))].flatMap(
  (folder, index) => FILES.filter((_, file) => (file + index) % 3 > 0).map((file) => join(folder, file)),
)

const common = ['a', 'b', 'f', 'A', '.', '-', '1', '*', '*', '?', '[ab]', '[a-f]', '[]a]', '\\*', '\\.']
const name = (more: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...common, ...more), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join(''))
    // Other tools resolve . and ..
    .filter((text) => !/^\\?(?:\.|\\\.)+$/.test(text))
const whole = (more: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof({ weight: 3, arbitrary: name(more) }, fc.constantFrom('**', 'a', 'ab', '.c')), {
      minLength: 1,
      maxLength: 4,
    })
    .map((names) => names.join('/'))

/** The same files by a tool's globs: those of this project name what lies below a folder, too. */
function equivalents(glob: string): readonly string[] {
  const full = glob.includes('/') ? glob : `**/${glob}`
  const isPlain = !/[*?[{\\]/.test(glob)
  const folder = /^(.*?[^*])(?:\/\*\*)+$/.exec(full)?.[1]
  return [full, ...(isPlain ? [`${full}/**`] : []), ...(folder === undefined ? [] : [folder])]
}

function accepted(glob: string, ignoreCase: boolean): readonly string[] {
  return PATHS.filter(createPathFilter([glob], { ignoreCase })).sort()
}

test('a glob names what it names to git', { timeout: 600_000 }, () => {
  const folder = writeFiles(temporaryFolder(), Object.fromEntries(PATHS.map((path) => [path, ''])))
  const temporary = temporaryFolder()
  const git = (...args: string[]): string =>
    execFileSync('git', ['--git-dir', `${temporary}/git`, '--work-tree', folder, ...args], { encoding: 'utf8' })
  git('init', '--quiet')
  git('add', '--all', '--force', '.')
  fc.assert(
    fc.property(whole(['[!a]', '[^a-b.]', '[[:alpha:]]', '[[:digit:]f]']), fc.boolean(), (glob, ignoreCase) => {
      const magic = ignoreCase ? 'glob,icase' : 'glob'
      const shown = git('ls-files', '-z', '--', ...equivalents(glob).map((one) => `:(${magic})${one}`))
      expect(accepted(glob, ignoreCase)).toEqual(shown.split('\0').filter(Boolean).sort())
    }),
    { numRuns: RUNS },
  )
})

// To ripgrep [!a] has the slash, too, {,a} is just a, and **{a,b} is *{a,b}.
test('a glob names what it names to ripgrep', { timeout: 600_000 }, async () => {
  const folder = writeFiles(temporaryFolder(), Object.fromEntries(PATHS.map((path) => [path, ''])))
  const rg = (await packagedRg()) ?? 'rg'
  fc.assert(
    fc.property(whole(['{a,b}', '{a*,{f,b}?}', '{a.f,*b,.f}']), fc.boolean(), (glob, ignoreCase) => {
      fc.pre(!glob.includes('**{'))
      const flag = ignoreCase ? '--iglob' : '--glob'
      const globs = equivalents(glob).map((one) => `${flag}=/${one}`)
      const { stdout } = spawnSync(rg, ['--no-config', '--files', '--hidden', '--no-ignore', '--null', ...globs], {
        cwd: folder,
        encoding: 'utf8',
      })
      expect(accepted(glob, ignoreCase)).toEqual(stdout.split('\0').filter(Boolean).sort())
    }),
    { numRuns: RUNS },
  )
})

const signs = [
  'a',
  'b',
  '/',
  '.',
  '*',
  '**',
  '**/',
  '?',
  '[',
  ']',
  '[a]',
  '{',
  '}',
  ',',
  '(',
  ')',
  '|',
  '\\',
  '!',
  '-',
  'é',
  '😀',
]
const anything = fc.array(fc.constantFrom(...signs), { minLength: 1, maxLength: 60 }).map((parts) => parts.join(''))
const paths = fc.array(fc.constantFrom('a', 'aa', 'b', '/', '.', '*', '[a]', '{', 'é'), { maxLength: 80 })

test('any text is read as a glob or refused; a path costs at most a few steps for each character of both', () => {
  fc.assert(
    fc.property(fc.array(anything, { minLength: 1, maxLength: 3 }), paths, fc.boolean(), (globs, parts, ignoreCase) => {
      const parsed = globs.map(parseGlob).flatMap((one) => ('parts' in one ? [one.parts] : []))
      const nfa = buildNfa(parsed, (code) => code)
      if (nfa === undefined) throw new Error('too large')
      const budget = { left: Number.MAX_SAFE_INTEGER }
      const path = parts.join('')
      new LazyDfa(nfa, { ignoreCase, budget }).matches(path)
      const length = globs.reduce((sum, glob) => sum + glob.length + 2, 0)
      expect(Number.MAX_SAFE_INTEGER - budget.left).toBeLessThanOrEqual(10 * length * (path.length + 1))
    }),
    { numRuns: 25 * RUNS },
  )
})

test('a glob names its own text', () => {
  fc.assert(
    fc.property(anything, (text) => {
      fc.pre(!/^[!./]|\/$/.test(text) && 'parts' in parseGlob(text))
      expect(createPathFilter([text])(text)).toBe(true)
    }),
    { numRuns: 10 * RUNS },
  )
})
