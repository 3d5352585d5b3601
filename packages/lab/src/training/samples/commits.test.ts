import { describe, expect, it } from 'vitest'
import { readCommit } from './commits.ts'

const BODY = 'With an empty file the reader went on and raised a KeyError much later, which told nobody what was wrong.'
const read = (message: string, parents = ['p']) => readCommit({ id: 'c', parents, committedS: 0, message })
const textOf = (message: string, parents?: string[]) => {
  const found = read(message, parents)
  return found.ok ? found.text : found.filter
}

describe('readCommit', () => {
  it('accepts a commit with a title and enough text', () => {
    expect(read(`Reader fails late\n\n${BODY}\n`)).toEqual({
      ok: true,
      kind: 'commit',
      text: `Reader fails late\n\n${BODY}`,
    })
  })

  it('distinguishes merged pull requests and closed issues', () => {
    expect(read(`Reader fails late (#12)\n\n${BODY}`)).toMatchObject({ kind: 'merged-pull-request' })
    const merge = `Merge pull request #12 from someone/branch\n\nReader fails late\n\n${BODY}`
    expect(read(merge, ['p', 'q'])).toMatchObject({ kind: 'merged-pull-request', text: `Reader fails late\n\n${BODY}` })
    const gitlab = `Merge branch 'x' into 'main'\n\nReader fails late\n\n${BODY}\n\nSee merge request a/b!7`
    expect(read(gitlab, ['p', 'q'])).toMatchObject({
      kind: 'merged-pull-request',
      text: `Reader fails late\n\n${BODY}`,
    })
    expect(read(`Reader fails late\n\n${BODY}\n\nFixes #9`)).toMatchObject({ kind: 'linked-issue' })
    expect(textOf(`Reader fails late\n\n${BODY}\n\nFixes #9`)).not.toContain('#9')
  })

  it.each([
    ['Revert "Reader fails late"', 'revert'],
    ['Back out the reader', 'revert'],
    ['Bump lodash from 1.0 to 1.1', 'dependency-update'],
    ['build(deps): update x', 'dependency-update'],
    ['Update dependency vitest to v4', 'dependency-update'],
    ['Release 1.2.3', 'release'],
    ['v2.0.0rc1', 'release'],
    ['Prepare for next release', 'release'],
    ['style: reformat with black', 'formatting-only'],
    ['Fix typo in the reader', 'documentation'],
    ['docs: say more', 'documentation'],
  ])('drops %j', (title, filter) => {
    expect(read(`${title}\n\n${BODY}`)).toEqual({ ok: false, filter })
  })

  it.each(['Release the lock when the reader fails', 'Update the cursor from the reader', 'Format of dates is wrong'])(
    'keeps %j',
    (title) => {
      expect(read(`${title}\n\n${BODY}`)).toMatchObject({ ok: true })
    },
  )

  it('drops short texts, merges without text, root commits and very long texts', () => {
    expect(textOf('Fix the reader')).toBe('short-text')
    expect(textOf(`${'A very long title that goes on and on, '.repeat(5)}\n\nSee it.`)).toBe('short-text')
    expect(textOf("Merge branch 'main' into topic", ['p', 'q'])).toBe('branch-merge')
    expect(textOf('Merge pull request #1 from a/b\n\nShort', ['p', 'q'])).toBe('branch-merge')
    expect(textOf(`First\n\n${BODY}`, [])).toBe('root-commit')
    expect(textOf(`First\n\n${BODY.repeat(200)}`)).toBe('long-text')
  })

  it('leaves out trailers, references, diffstats, file lists, comments of forms and diffs', () => {
    const message = `[#77] Reader fails late (fixes #3) (#12)

${BODY}
<!-- tick
a box -->
- [x] tests added
* shop/reader.c (read_all): Check for the end.
shop/reader.py
(cherry picked from commit 0123456789abcdef)
 shop/reader.py | 4 ++--
 1 file changed, 2 insertions(+), 2 deletions(-)
---------
Closes #5, #6.
Signed-off-by: A Person <a@example.org>
Co-Authored-By: B Person <b@example.org>

diff --git a/shop/reader.py b/shop/reader.py
+answer`
    expect(textOf(message)).toBe(`Reader fails late\n\n${BODY}`)
  })

  it('leaves out the titles of squashed commits, including wrapped lines', () => {
    const message = `Reader fails late (#12)\n\n* first try\n  that runs on\n\n${BODY}\n\n* lint\n\n* more lint`
    expect(textOf(message)).toBe(`Reader fails late\n\n${BODY}`)
  })

  it('is fast on hostile messages', () => {
    const before = process.cpuUsage()
    for (const part of ['gh-1', '(#1', ' ', '<!--', 'a/', '* ', '- ', 'release ', '#1 and ', '!', 'http://a/issues/']) {
      for (const length of [290, 490, 9000]) {
        const text = part.repeat(Math.floor(length / part.length))
        readCommit({ id: 'c', parents: ['p'], committedS: 0, message: `${text}x\n\n${text}x` })
      }
    }
    const blanks = '\t'.repeat(240)
    readCommit({ id: 'c', parents: ['p'], committedS: 0, message: `x\n\n${`${blanks}a/b.c${blanks}x\n`.repeat(20)}` })
    // Processor time in microseconds, because a busy machine takes longer.
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000)
  })
})
