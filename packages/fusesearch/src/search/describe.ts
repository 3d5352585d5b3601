import { readFile } from 'node:fs/promises'
import { PAPER_TOOLS, type ToolName } from './tool.ts'

/** A tool as a model is told about it. */
export interface ToolDescription {
  readonly name: ToolName
  readonly description: string
  /** JSON Schema of the arguments. */
  readonly parameters: unknown
}

const TEXTS: Record<ToolName, string> = {
  grep: 'grep.md',
  glob: 'glob.md',
  read_file: 'read-file.md',
  history: 'history.md',
}

/** Descriptions of tools, the paper's three when left out, from the text files beside this module. */
export async function describeTools(names: readonly ToolName[] = PAPER_TOOLS): Promise<readonly ToolDescription[]> {
  const { toJsonSchema } = await import('./schemas.ts')
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(TEXTS[name], import.meta.url), 'utf8')
      return { name, description: text.trim(), parameters: toJsonSchema(name) }
    }),
  )
}
