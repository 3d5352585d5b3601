// Issue texts to localize: real ones from a file, otherwise generated from names in the tree with a fixed seed.
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { drawIdentifiers } from './identifiers.mjs'

/** Rows of a JSONL file with `repo` and `problem_statement`. */
export function readIssues(file) {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line))
}

/** The texts for one repository, those of its own issues first; `own` counts them. */
export async function pickIssues(root, folder, { issues, count }) {
  if (issues === undefined) return { texts: await makeIssues(root, folder, count), own: 0 }
  const names = [basename(folder), basename(dirname(folder))].map((name) => name.toLowerCase())
  const isOwn = (row) => names.some((name) => name === row.repo.split('/')[1].toLowerCase())
  const own = issues.filter(isOwn)
  const others = issues.filter((row) => !isOwn(row))
  const texts = [...own, ...others].slice(0, count).map((row) => row.problem_statement)
  return { texts, own: Math.min(own.length, count) }
}

async function makeIssues(root, folder, count) {
  const { rare, common } = await drawIdentifiers(join(root, 'packages/fusesearch/dist'), folder, count)
  return Array.from({ length: count }, (_, index) => {
    const [one, other] = [rare[index % rare.length], common[index % common.length]]
    return `${one} gives a wrong result together with ${other}\n\nCalling \`${one}\` after \`${other}\` fails:\n\n    ${one}(${other})\n`
  })
}
