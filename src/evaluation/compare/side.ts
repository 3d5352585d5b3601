import { resolve } from 'node:path'
import { FuseSearchError } from '../../core/index.ts'
import type { Row } from '../row.ts'
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
 * Opens `DIR` or `DIR:POLICY`, DIR relative to `cwd`; a run of one policy needs no name.
 * Throws FuseSearchError `bad-run`, or `bad-argument` when the policy is missing or unknown.
 */
export function openSide(text: string, cwd: string): RunSide {
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
