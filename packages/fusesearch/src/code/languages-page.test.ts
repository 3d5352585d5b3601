import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { LANGUAGES, languageOf } from './languages.ts'
import { FILE_KINDS } from './outlines/kinds.ts'

const PAGE = readFileSync(new URL('../../../../docs/languages.md', import.meta.url), 'utf8')

/** The rows of the table below a heading, without its head. */
function rowsBelow(heading: string): string[] {
  const section = PAGE.slice(PAGE.indexOf(`## ${heading}`))
  return (/(?:^\|.*\n)+/m.exec(section)?.[0] ?? '').trim().split('\n').slice(2)
}

it('lists each language with a grammar, by extensions that tell it', () => {
  const found = rowsBelow('With a grammar').flatMap((row) =>
    [...(row.split('|')[2] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) =>
      languageOf(name.startsWith('.') ? `a${name}` : name),
    ),
  )
  expect(found).not.toContain(undefined)
  expect(new Set(found)).toEqual(new Set(LANGUAGES))
})

it('says of each other type of file what the code says', () => {
  const rows = Object.values(FILE_KINDS).map(({ title, extensions, names, functions, blocks }) => {
    const files = [
      ...(extensions?.split(' ').map((extension) => `\`.${extension}\``) ?? []),
      ...(names?.split(' ').map((name) => `\`${name}\``) ?? []),
    ]
    return `| ${title} | ${[...new Set(files)].join(' ')} | ${functions || '–'} | ${blocks || '–'} |`
  })
  expect(rowsBelow('By lines')).toEqual(rows)
})
