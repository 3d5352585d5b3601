import type { Definition } from './definition.ts'

/**
 * The innermost function whose lines (first decorator to last line, both included) contain `line`, counted from 1.
 * A line of a class body inside a function belongs to that function; `undefined` outside every function.
 * If two functions share a line, the one that starts later wins.
 */
export function innermostFunctionAt(definitions: readonly Definition[], line: number): Definition | undefined {
  let innermost: Definition | undefined
  for (const definition of definitions) {
    if (definition.kind !== 'function' || definition.startLine > line || definition.endLine < line) continue
    if (innermost === undefined || definition.startLine >= innermost.startLine) innermost = definition
  }
  return innermost
}
