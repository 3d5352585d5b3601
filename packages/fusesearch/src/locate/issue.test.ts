import { describe, expect, it } from 'vitest'
import { checkIssue, MAX_ISSUE_BYTES, MAX_ISSUE_CHARACTERS } from './issue.ts'

describe('checkIssue', () => {
  it('keeps a text unchanged, with line ends as \\n', () => {
    expect(checkIssue('  Crash\r\nin `parse`\rtoday\n')).toEqual({ issue: 'Crash\nin `parse`\ntoday', notices: [] })
  })

  it('removes terminal colours from a pasted log', () => {
    expect(checkIssue('\u001b[31mError\u001b[0m: no \u001b]8;;http://x\u0007file\u001b]8;;\u0007').issue).toBe(
      'Error: no file',
    )
  })

  it.each([
    ['nothing', '', /empty/],
    ['blanks', ' \n\t ', /empty/],
    ['colours only', '\u001b[31m\u001b[0m', /empty/],
    ['five megabytes', 'word '.repeat(1_000_000), /5,000,000 bytes.*1,000,000/],
    ['a NUL', 'a program\0with text', /isn't UTF-8 text/],
    [
      'undecodable bytes',
      new TextDecoder().decode(Uint8Array.from({ length: 400 }, (_, index) => index % 256)),
      /isn't UTF-8 text/,
    ],
    ['an address', 'https://github.com/acme/app/issues/7', /only an address.*fetches nothing/],
    ['two addresses', '<https://a.example/1>\nhttp://b.example/2 ', /only an address/],
    ['no word', '?!… ---', /no words/],
    [
      'a template without answers',
      '<!-- Thanks! -->\n## Description\n\n### Steps to reproduce:\n1.\n2.\n\n**Expected behavior**\n<!-- say\nmore -->\n',
      /unfilled template/,
    ],
  ])('refuses %s with one clear sentence or two', (_name, text, message) => {
    const act = (): unknown => checkIssue(text)
    expect(act).toThrow(expect.objectContaining({ code: 'bad-issue', message: expect.stringMatching(message) }))
  })

  it('is fast on a long run of addresses that ends in words', () => {
    // One expression over all of them would try every way to split them, which doubles with each.
    const text = `${'https://a.example/'.repeat(2_000)} fails`
    expect(checkIssue(text).issue).toBe(text)
  })

  it.each(['# Crash on start\n\n## Steps to reproduce\n', '## Description\nit crashes', 'expected'])(
    'accepts a template with an answer or a title: %j',
    (text) => {
      expect(checkIssue(text).issue).toBe(text.trim())
    },
  )

  it('accepts an address with words, other scripts, and a stray control character', () => {
    for (const text of [
      'See https://a.example/1 for the crash',
      'エラーが出る',
      `a\u0001 word among many others ${'x'.repeat(100)}`,
    ]) {
      expect(checkIssue(text).issue).toBe(text)
    }
  })

  it('keeps the beginning and the end of a long one, and the error lines between', () => {
    const filler = Array.from({ length: 6_000 }, (_, index) => `step ${index} of the job went well`).join('\n')
    const errors = 'Error: cart 1 is broken\nError: cart 2 is broken\nValueError: no total\n'
    const long = `The cart is wrong\n${filler}\n${errors}${filler}\nso please mend the total`
    const { issue, notices } = checkIssue(long)
    expect(issue.length).toBeLessThanOrEqual(MAX_ISSUE_CHARACTERS)
    expect(issue.startsWith('The cart is wrong\n')).toBe(true)
    expect(issue.endsWith('so please mend the total')).toBe(true)
    // One line per form: numbers don't distinguish errors.
    expect(issue).toContain('Error: cart 1 is broken\nValueError: no total\n')
    expect(notices).toEqual([expect.stringMatching(/the first and the last 40,000, and 2 error lines between them/)])
    expect(checkIssue('x'.repeat(MAX_ISSUE_CHARACTERS)).notices).toEqual([])
    expect(checkIssue('x'.repeat(MAX_ISSUE_BYTES)).issue.length).toBeLessThanOrEqual(MAX_ISSUE_CHARACTERS)
  })
})
