import { trimEndOf } from '../../../core/index.ts'
import type { Knowledge } from '../knowledge.ts'
import { MAX_ANSWERED_FILES, type NamedAnswer, type NamedFile } from './read-answer.ts'
import { resolvePath } from './resolve-path.ts'

/** Characters of prose that are searched for paths, and words in them that may be one. */
const MAX_PROSE = 20_000
const MAX_WORDS = 300

/**
 * The files of an answer in plain words: every path in it that the run has shown, with the names in backticks behind it.
 * A run that has seen nothing, since it has no tools, takes whatever is written like the path of a file.
 */
export function readProse(prose: string, knowledge: Knowledge): NamedAnswer | undefined {
  const files = new Map<string, NamedFile>()
  let current: string | undefined
  let words = 0
  for (const [token] of prose.slice(0, MAX_PROSE).matchAll(/`[^`\n]{2,200}`|[\w@+\-./\\]{2,300}/g)) {
    const word = trimEndOf(token.replaceAll('`', ''), '.,')
    const mayBePath = knowledge.files.has(word) || (/[./\\]/.test(word) && words++ < MAX_WORDS)
    const { path, isSeen } = isBlind(word, knowledge)
      ? { path: word, isSeen: true }
      : mayBePath
        ? resolvePath(word, knowledge.files)
        : { path: word, isSeen: false }
    if (isSeen) {
      current = path
      if (!files.has(path)) files.set(path, { path, functions: [] })
    } else if (current !== undefined && /^`[A-Za-z_$][\w$.:]*(?:\(.*\))?`$/.test(token)) {
      const file = files.get(current)
      if (file)
        files.set(current, {
          ...file,
          functions: [...file.functions, { name: word, startLine: undefined, endLine: undefined }],
        })
    }
    if (files.size >= MAX_ANSWERED_FILES) break
  }
  return files.size === 0 ? undefined : { files: [...files.values()], confidence: undefined }
}

function isBlind(word: string, { files }: Knowledge): boolean {
  return files.size === 0 && /^[\w@+\-.]+(?:\/[\w@+\-.]+)*\/[\w@+\-.]+\.\w{1,10}$/.test(word)
}
