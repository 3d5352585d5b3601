import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { importCommits, patchesOf } from './folder.ts'

/** Things that a tiny repository has a module for, and what its functions do with them. */
const THEMES = {
  shop: ['cart', 'order', 'price', 'coupon', 'stock', 'basket'],
  mail: ['header', 'address', 'thread', 'folder', 'reply', 'draft'],
  maps: ['route', 'marker', 'tile', 'layer', 'bounds', 'legend'],
} as const
const VERBS = ['load', 'merge', 'render'] as const

/** The fault in each commit's parent: the thing, the verb, and the reporter's words. */
const REPORTS: readonly (readonly [thing: number, verb: number, words: string])[] = [
  [0, 0, 'The first VERB of a THING is fine. Then the last entry is lost, and `OTHER` shows an old state.'],
  [1, 1, 'VERB_THING drops an entry when two of them are equal. Seen while we loaded a OTHER.'],
  [2, 2, 'After an upgrade the THING looks wrong on every page: VERB gives one line less. The OTHER is right.'],
  [3, 0, 'Wrong THING. Steps: open the OTHER, VERB the THING, count the entries. One is missing.'],
  [4, 1, 'We VERB each THING into the OTHER every night. Since Monday one entry of THING is missing.'],
  [5, 2, 'VERB_THING in THING.py cuts the last entry off. It must keep all entries of the OTHER, too.'],
]

/** A dataset's row in SWE-bench's form. */
export interface TinyRow {
  readonly instance_id: string
  readonly repo: string
  readonly base_commit: string
  readonly problem_statement: string
  readonly patch: string
}

/**
 * Three repositories of six fixes each below `folder`, as `tiny+shop` and so on, and a row for each fix; made by git
 * alone.
 */
export function makeTinySamples(folder: string): TinyRow[] {
  return Object.entries(THEMES).flatMap(([name, things]) => makeRepository(join(folder, `tiny+${name}`), name, things))
}

/** Writes eight of these samples to `train.jsonl` in the folder, and two of another repository to `validation.jsonl`. */
export function writeTinySplit(folder: string): void {
  const rows = makeTinySamples(folder)
  const heldOut = rows.at(-1)?.repo
  const write = (name: string, own: readonly TinyRow[]): void =>
    writeFileSync(join(folder, name), own.map((row) => `${JSON.stringify(row)}\n`).join(''))
  write('train.jsonl', rows.filter(({ repo }) => repo !== heldOut).slice(0, 8))
  write('validation.jsonl', rows.filter(({ repo }) => repo === heldOut).slice(0, 2))
}

function makeRepository(folder: string, name: string, things: readonly string[]): TinyRow[] {
  const modules = things.map((thing): [string, string] => [`${name}/${thing}.py`, moduleOf(thing)])
  const first = { ...Object.fromEntries(modules), 'README.md': `# ${name}\n\nIt has ${things.join(', ')}.\n` }
  const fixes = REPORTS.map(([index, verbIndex, words]) => {
    const [thing = '', other = ''] = [things[index], things[(index + 1) % things.length]]
    const verb = VERBS[verbIndex] ?? ''
    const report = words.replaceAll('VERB', verb).replaceAll('THING', thing).replaceAll('OTHER', other)
    return {
      problem: `${thing} loses an entry\n\n${report}`,
      files: { [`${name}/${thing}.py`]: moduleOf(thing, verb) },
    }
  })
  importCommits(folder, [first, ...fixes.map(({ files }) => files)])
  const patches = patchesOf(folder)
  return fixes.map(({ problem }, number) => ({
    instance_id: `${name}-${number}`,
    repo: `tiny/${name}`,
    base_commit: patches[number]?.commit ?? '',
    problem_statement: problem,
    patch: patches[number + 1]?.patch ?? '',
  }))
}

function moduleOf(thing: string, fixed?: string): string {
  const functions = VERBS.map((verb) => {
    const entries = verb === fixed ? 'entries' : 'entries[:-1]'
    return `def ${verb}_${thing}(entries, state=None):\n    """Makes the ${thing} ready: ${verb} every entry."""\n    lines = []\n    for entry in ${entries}:\n        lines.append((entry, state))\n    return lines\n`
  })
  return `"""Everything about a ${thing}."""\n\n\n${functions.join('\n\n')}`
}
