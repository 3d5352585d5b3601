// The tree-sitter grammars that ship in the build.
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

const VSCODE = 'node_modules/@vscode/tree-sitter-wasm/wasm'
const GRAMMARS = { python: `${VSCODE}/tree-sitter-python.wasm` }

export function copyGrammars(root, target) {
  mkdirSync(target, { recursive: true })
  for (const [name, path] of Object.entries(GRAMMARS)) cpSync(join(root, path), join(target, `${name}.wasm`))
}
