import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { failedRow, RUN_HEADER as header } from '../../../../../test/support/rows.ts'
import type { FailedRow } from '../row.ts'
import { appendRow, openRunFolder, readRun } from './folder.ts'
import { lockFolder } from './lock.ts'

const row = (id: string, message?: string): FailedRow => failedRow(id, null, message)

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fusesearch-run-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('rows survive; a cut-off last line is dropped and the next row starts on a new line', () => {
  const first = openRunFolder(folder, header)
  first.append(row('1'))
  first.append(row('2', 'ä'))
  first.close()
  const rows = join(folder, 'rows.jsonl')
  appendFileSync(rows, JSON.stringify(row('3')).slice(0, 40))
  const second = openRunFolder(folder, header)
  expect(second.rows.map(({ id }) => id)).toEqual(['1', '2'])
  second.append(row('3'))
  second.close()
  expect(readRun(folder).rows.map(({ id }) => id)).toEqual(['1', '2', '3'])
  expect(readFileSync(rows, 'utf8').split('\n')).toHaveLength(4)
})

test('only the last row of an instance counts', () => {
  const run = openRunFolder(folder, header)
  run.append(row('1', 'first'))
  run.append(row('1', 'second'))
  run.close()
  const { rows } = readRun(folder)
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({ error: { message: 'second' } })
})

test('refuses another run in the folder and names the differences', () => {
  openRunFolder(folder, header).close()
  const other = { ...header, identity: { ...header.identity, seed: 2, policies: ['q'] } }
  expect(() => openRunFolder(folder, other)).toThrow(
    /has a different run: it differs in policies, seed\..*fusesearch eval d/s,
  )
  openRunFolder(folder, header).close()
})

test('two runs at once: refuses the second, unless the first process has ended', () => {
  const run = openRunFolder(folder, header)
  expect(() => openRunFolder(folder, header)).toThrow(new RegExp(`in use by process ${process.pid}`))
  run.close()
  const gone = spawnSync(process.execPath, ['-e', ''])
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: gone.pid, host: hostname(), birth: null }))
  lockFolder(folder).release()
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.pid, host: hostname(), birth: 'earlier' }))
  const isLinux = existsSync('/proc/self/stat')
  if (isLinux) lockFolder(folder).release()
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: 1, host: 'elsewhere', birth: null }))
  expect(() => lockFolder(folder)).toThrow(/process 1 on elsewhere.*remove/s)
  expect(readdirSync(folder).filter((name) => name.includes('stale'))).toEqual([])
})

test('names a broken row and a folder without a run', () => {
  openRunFolder(folder, header).close()
  appendFileSync(join(folder, 'rows.jsonl'), '{"version":9}\n')
  expect(() => openRunFolder(folder, header)).toThrow(/rows\.jsonl, line 1, isn't a row/)
  expect(() => readRun(join(folder, 'none'))).toThrow(/isn't a run/)
  writeFileSync(join(folder, 'run.json'), '{"version":99}')
  expect(() => readRun(folder)).toThrow(/isn't a run of this version/)
})

test.runIf(existsSync('/dev/full'))('a full disk is said with what to do', () => {
  const file = openSync('/dev/full', 'a')
  try {
    expect(() => appendRow(folder, file, row('1'))).toThrow(/can't be written.*Files written before are kept/s)
  } finally {
    closeSync(file)
  }
})
