import { expect, it } from 'vitest'
import type { RunResult } from '../agent/index.ts'
import type { Notice, Observation } from '../search/index.ts'
import { runNotices } from './notices.ts'

function grep(...notices: readonly Notice[]): Observation {
  return {
    ok: true,
    tool: 'grep',
    mode: 'paths',
    paths: [],
    totals: { files: 0, lines: 0, occurrences: 0 },
    notices,
    bytes: 1,
  }
}

function noticesFor(...observations: readonly Observation[]): readonly string[] {
  const run = { stoppedBy: 'answer', failure: null, stats: { cutCalls: 0 }, turns: [{ turn: 1, observations }] }
  return runNotices(run as unknown as RunResult)
}

it('leaves out limits that the policy chose, and reports cuts once, in words for people', () => {
  const headLimit: Notice = {
    limit: 'headLimit',
    message: '5 of 9 files left out (headLimit 4). grep with headLimit 9 shows all.',
  }
  const cut: Notice = {
    limit: 'callBytes',
    message: '3 of 4 matching lines left out (9 bytes a call). grep with mode "counts" lists the files.',
  }
  expect(noticesFor(grep(headLimit))).toEqual([])
  const notices = noticesFor(grep(headLimit, cut), grep(cut))
  expect(notices).toEqual([expect.stringMatching(/^2 calls of the search found more than one call may show/)])
})

it('reports a file that was not searched once, without the way to repeat the call', () => {
  const large: Notice = {
    limit: 'fileSize',
    message: 'Not searched, because larger than 10 bytes: a.sql. read_file with a line range shows parts of it.',
  }
  expect(noticesFor(grep(large), grep(large))).toEqual(['Not searched, because larger than 10 bytes: a.sql.'])
})

it('reports a call that a limit ended', () => {
  const late: Observation = { ok: false, tool: 'grep', code: 'timed-out', message: 'It took 10 s.', bytes: 1 }
  const wrong: Observation = { ok: false, tool: 'grep', code: 'bad-pattern', message: 'No.', bytes: 1 }
  expect(noticesFor(late, wrong)).toEqual(['A grep failed: It took 10 s.'])
})
