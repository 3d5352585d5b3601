import { resolve } from 'node:path'
import { FuseSearchError } from 'fusesearch/core'
import type { Row } from '../row.ts'
import { turnsOf } from '../run/budget.ts'
import { readRun } from '../run/folder.ts'
import type { RunHeader } from '../run/header.ts'

/** A policy of a run, with its rows. */
export interface RunSide {
  readonly run: string
  readonly policy: string
  readonly header: RunHeader
  readonly rows: readonly Row[]
}

/**
 * Opens `DIR` or `DIR:POLICY`, relative to `cwd`; a run of one policy needs no name. Several with commas between are
 * pooled: runs of different datasets under one policy and budget. An instance that several hold counts once.
 * Throws FuseSearchError `bad-run`, or `bad-argument` when the policy is missing, unknown or not the same in all.
 */
export function openSide(text: string, cwd: string): RunSide {
  const sides = text.split(',').map((part) => openRun(part, cwd))
  const [first] = sides
  if (first === undefined) throw new Error('splitting a text gives at least one part')
  const budget = ({ header, policy }: RunSide): string => `${policy}, ${turnsOf(header.identity, policy)} turns`
  const other = sides.find((side) => budget(side) !== budget(first))
  if (other !== undefined) {
    const message = `${first.run} and ${other.run} can't be pooled: ${budget(first)} against ${budget(other)}. Pool runs of one policy and budget.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const rows = new Map<string, Row>()
  for (const row of sides.flatMap((side) => side.rows)) if (!rows.has(row.id)) rows.set(row.id, row)
  return { ...first, run: sides.map(({ run }) => run).join(' + '), rows: [...rows.values()] }
}

function openRun(text: string, cwd: string): RunSide {
  const { folder, policy: asked } = splitSide(text)
  const { header, rows } = readRun(resolve(cwd, folder))
  const { policies } = header.identity
  const policy = asked ?? (policies.length === 1 ? policies[0] : undefined)
  if (policy === undefined || !policies.includes(policy)) {
    const forms = policies.map((name) => `${folder}:${name}`).join(', ')
    const fact = asked === undefined ? `${folder} holds several policies` : `${folder} has no policy "${asked}"`
    throw new FuseSearchError(`${fact}. Name one of ${forms}.`, { code: 'bad-argument' })
  }
  return { run: folder, policy, header, rows: rows.filter((row) => row.policy === policy) }
}

function splitSide(text: string): { folder: string; policy: string | undefined } {
  const colon = text.lastIndexOf(':')
  // A colon before a slash belongs to the path.
  if (colon <= 0 || text.includes('/', colon)) return { folder: text, policy: undefined }
  return { folder: text.slice(0, colon), policy: text.slice(colon + 1) }
}
