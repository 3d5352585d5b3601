import { definitionsOf } from '../../packages/fusesearch/src/code/index.ts'

/** The definitions of a text as lines of `kind name first-last`. */
export async function outlineOfText(path: string, text: string): Promise<string[] | undefined> {
  return (await definitionsOf(path, text))?.map(
    ({ kind, name, startLine, endLine }) => `${kind} ${name} ${startLine}-${endLine}`,
  )
}
