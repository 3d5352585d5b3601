import { basename } from 'node:path'
import { pageHtml } from 'fusesearch/view'
import { summarizePolicies } from '../metrics/summary.ts'
import { evaluationData, type PageSide } from '../report/page.ts'
import type { RunSide } from './compare.ts'

/** The page of two runs: like that of an evaluation, with A and B as its policies. */
export async function comparisonPage(a: RunSide, b: RunSide): Promise<string> {
  const labels = labelsOf(a, b)
  const sides = [...sideOf(a, labels[0]), ...sideOf(b, labels[1])]
  const commands = [...new Set([a, b].map(({ header }) => header.setup.command))]
  const data = await evaluationData({
    title: titleOf(a, b),
    commands,
    facts: [...factsOf(a, 'A'), ...factsOf(b, 'B')],
    sides,
  })
  return pageHtml(data)
}

function sideOf({ policy, rows, folderOf }: RunSide, label: string): PageSide[] {
  return summarizePolicies(rows, [policy]).map((summary) => ({ label, summary, rows, folderOf }))
}

/** The names of the policies if they differ, otherwise with the folders of their runs. */
function labelsOf(a: RunSide, b: RunSide): [a: string, b: string] {
  if (a.policy !== b.policy) return [a.policy, b.policy]
  const [first = '', second = ''] = [a, b].map(({ policy, run }) => `${policy} of ${basename(run)}`)
  return first === second ? [`${first} (A)`, `${second} (B)`] : [first, second]
}

function titleOf(a: RunSide, b: RunSide): string {
  return [...new Set([a, b].map(({ header }) => header.setup.datasetName))].join(' and ')
}

function factsOf({ run, header: { setup } }: RunSide, side: 'A' | 'B'): (readonly [name: string, value: string])[] {
  return [
    [`${side}: run`, run],
    [`${side}: dataset`, `${setup.datasetName}, ${setup.instanceCount} instances`],
    [`${side}: commit`, setup.commit ?? `none; version ${setup.version}`],
    [`${side}: begun`, setup.startedAt],
  ]
}
