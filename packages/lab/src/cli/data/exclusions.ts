import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Option } from 'commander'
import type { Terminal } from 'fusesearch/cli'
import { gather } from 'fusesearch/cli'
import { FuseSearchError } from 'fusesearch/core'
import { loadDataset, repositoryIdentity } from '../../datasets/index.ts'
import type { Exclusions } from '../../training/index.ts'

/** `--exclude`, for {@link readExclusions}. */
export function excludeOption(): Option {
  const about = 'refuse the repositories of this dataset, or of this .txt list, as well'
  return new Option('--exclude <file>', about).argParser(gather).default([], 'none')
}

/**
 * The repositories of further datasets that nothing may be learned from; a file that ends in `.txt` has one
 * `owner/name` a line.
 */
export async function readExclusions(paths: readonly string[], terminal: Terminal): Promise<Exclusions> {
  const excluded = new Set<string>()
  for (const path of paths) {
    const repos = /\.txt$/i.test(path) ? await readNames(path, terminal) : await readRepos(path, terminal)
    for (const repo of repos) excluded.add(repositoryIdentity(repo))
  }
  return { excluded }
}

async function readRepos(path: string, { cwd }: Terminal): Promise<readonly string[]> {
  const { instances, skipped } = await loadDataset(resolve(cwd, path), { skipBad: true })
  const [first] = skipped
  // A line that can't be read may hold the very repository that must be left out.
  if (first === undefined) return instances.map(({ repo }) => repo)
  const message = `--exclude ${path}: line ${first.line} can't be read (${first.message}). Correct it, or give the repositories as a .txt file, one owner/name a line.`
  throw new FuseSearchError(message, { code: 'bad-dataset' })
}

async function readNames(path: string, { cwd }: Terminal): Promise<readonly string[]> {
  const text = await readFile(resolve(cwd, path), 'utf8').catch((error: unknown) => {
    const fact = error instanceof Error ? error.message : String(error)
    throw new FuseSearchError(`--exclude ${path} can't be read: ${fact}. Name a file.`, { code: 'bad-argument' })
  })
  const lines = text.split('\n').map((line) => line.trim())
  const bad = lines.findIndex((line) => line !== '' && !line.startsWith('#') && !/^[^/\s]+\/[^/\s]+$/.test(line))
  if (bad >= 0) {
    const message = `--exclude ${path}: line ${bad + 1} is not owner/name. Correct it.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  return lines.filter((line) => line !== '' && !line.startsWith('#'))
}
