// The tree-sitter grammars that ship in the build, each compressed and beside its licence.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'

const VSCODE = 'node_modules/@vscode/tree-sitter-wasm/wasm/tree-sitter-'
const REPOMIX = 'node_modules/@repomix/tree-sitter-wasms/out/tree-sitter-'
const KOTLIN = 'node_modules/@tree-sitter-grammars/tree-sitter-kotlin/tree-sitter-kotlin.wasm'
const SCALA = 'node_modules/tree-sitter-scala/tree-sitter-scala.wasm'
const TYPESCRIPT = 'https://github.com/tree-sitter/tree-sitter-typescript'

/** The source of each grammar's module, and its copyright holder. All are under the MIT licence. */
const GRAMMARS = {
  c: [`${REPOMIX}c.wasm`, source('c'), '2014 Max Brunsfeld'],
  cpp: [`${REPOMIX}cpp.wasm`, source('cpp'), '2014 Max Brunsfeld'],
  csharp: [
    `${VSCODE}c-sharp.wasm`,
    source('c-sharp'),
    '2014-2023 Max Brunsfeld, Damien Guard, Amaan Qureshi, and contributors',
  ],
  go: [`${VSCODE}go.wasm`, source('go'), '2014 Max Brunsfeld'],
  java: [`${VSCODE}java.wasm`, source('java'), '2017 Ayman Nadeem'],
  javascript: [`${VSCODE}javascript.wasm`, source('javascript'), '2014 Max Brunsfeld'],
  kotlin: [KOTLIN, 'https://github.com/tree-sitter-grammars/tree-sitter-kotlin', '2024 Amaan Qureshi'],
  php: [
    `${VSCODE}php.wasm`,
    source('php'),
    '2017 Josh Vera, GitHub; 2019 Max Brunsfeld, Amaan Qureshi, Christian Frøystad, Caleb White',
  ],
  python: [`${VSCODE}python.wasm`, source('python'), '2016 Max Brunsfeld'],
  ruby: [`${VSCODE}ruby.wasm`, source('ruby'), '2016 Rob Rix'],
  rust: [`${VSCODE}rust.wasm`, source('rust'), '2017 Maxim Sokolov'],
  scala: [SCALA, source('scala'), '2018 Max Brunsfeld and GitHub'],
  swift: [`${REPOMIX}swift.wasm`, 'https://github.com/alex-pinkus/tree-sitter-swift', '2021 alex-pinkus'],
  tsx: [`${VSCODE}tsx.wasm`, TYPESCRIPT, '2017 Max Brunsfeld'],
  typescript: [`${VSCODE}typescript.wasm`, TYPESCRIPT, '2017 Max Brunsfeld'],
}

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
`

// 28.5 MB become 1.8 MB in two seconds; the best quality saves 0.3 MB more and takes a minute.
const QUALITY = 9

/** Writes `NAME.wasm.br` and `NAME.LICENSE` for each grammar; `code/grammars.ts` unpacks them on loading. */
export function writeGrammars(root, target) {
  mkdirSync(target, { recursive: true })
  for (const [name, [path, from, holder]] of Object.entries(GRAMMARS)) {
    writeFileSync(join(target, `${name}.wasm.br`), compressed(mended(name, readFileSync(join(root, path)))))
    writeFileSync(
      join(target, `${name}.LICENSE`),
      `${from}\n\nThe MIT License (MIT)\n\nCopyright (c) ${holder}\n\n${MIT}`,
    )
  }
}

/**
 * The Swift scanner calls `calloc` with 0 states of 4 bytes instead of 1, so its state is uninitialized memory: after
 * the first text, `#` is misread and the scanner rescans the rest of the text again and again. This corrects the
 * argument. If a new grammar doesn't have exactly one such call, the build fails, because someone must look at it.
 */
function mended(name, module) {
  if (name !== 'swift') return module
  // i32.const 0, i32.const 4, call 0 (calloc), end
  const call = Buffer.from('410041041080808080000b', 'hex')
  const at = module.indexOf(call)
  if (at === -1 || module.indexOf(call, at + 1) !== -1)
    throw new Error('the Swift grammar has changed: look at its scanner')
  const copy = Buffer.from(module)
  copy[at + 1] = 1
  return copy
}

function compressed(module) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: module.length }
  return brotliCompressSync(module, { params })
}

function source(name) {
  return `https://github.com/tree-sitter/tree-sitter-${name}`
}
