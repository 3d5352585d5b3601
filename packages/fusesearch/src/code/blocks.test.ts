import { expect, it } from 'vitest'
import { outlineOfText } from '../../../../test/support/outline.ts'
import { languageOf } from './languages.ts'
import { parseDefinitions } from './parse.ts'

/** For each language: a text, and its blocks. `parse.test.ts` tests functions and classes. */
const EXAMPLES: Readonly<Record<string, { readonly text: string; readonly blocks: readonly string[] }>> = {
  'a.py': {
    text: `LIMIT = 5
class A:
    PATTERN = re.compile(
        r'x',
    )
    size: int = 3
    def f(self):
        local = 1
if x:
    T = 1
def g():
    LOCAL = 1
`,
    blocks: ['LIMIT 1-1', 'A.PATTERN 3-5', 'A.size 6-6', 'T 10-10'],
  },
  'a.ts': {
    text: `export const LIMIT = 5,
  B = 2
const routes = {
  home: '/',
  get: () => {
    const local = 1
  },
}
export default { data: 1, methods: { close() {} } }
enum E { A, B = 2 }
class C {
  static x = 1
  #y: number = 2
  run = () => 1
}
export type T = { a: number }
interface I { a: number; b(): void }
const f = () => 1
`,
    blocks: [
      'LIMIT 1-1',
      'B 2-2',
      'routes 3-8',
      'routes.home 4-4',
      'data 9-9',
      'methods 9-9',
      'E.A 10-10',
      'E.B 10-10',
      'C.x 12-12',
      'C.#y 13-13',
      'T 16-16',
      'I.a 17-17',
    ],
  },
  'a.js': { text: 'module.exports = {\n  x: 1,\n  f() {},\n}\n', blocks: ['exports 1-4', 'x 2-2'] },
  'A.java': {
    text: `class A {
  static final int MAX = 5;
  enum E { X, Y(1) { void f() { int z; } }; int z; }
  interface I { int K = 1; }
}
`,
    blocks: ['A.MAX 2-2', 'A.E.X 3-3', 'A.E.Y 3-3', 'A.E.z 3-3', 'A.I.K 4-4'],
  },
  'a.go': {
    text: 'package a\nconst Max = 5\nconst (\n\tA = iota\n\tB\n)\nvar x, y = 1, 2\nfunc f() { const z = 1 }\n',
    blocks: ['Max 2-2', 'A 4-4', 'B 5-5', 'x 7-7'],
  },
  'a.rs': {
    text: `#[x]
const MAX: u32 = 5;
static S: &str = "";
enum E { A, B(u32) }
impl T { const K: u32 = 1; fn f() { const L: u32 = 1; } }
mod m { type Q = u32; }
`,
    blocks: ['MAX 1-2', 'S 3-3', 'E.A 4-4', 'E.B 4-4', 'T.K 5-5', 'm.Q 6-6'],
  },
  'a.cs': {
    text: `namespace N { class A {
  const int Max = 5;
  public Foo P { get; set; }
  enum E { X, Y = 2 }
} }
`,
    blocks: ['A.Max 2-2', 'A.P 3-3', 'A.E.X 4-4', 'A.E.Y 4-4'],
  },
  'a.rb': {
    text: 'MAX = 5\nmodule A\n  class B\n    X = %w[\n      a\n    ]\n    def f\n      y = 1\n    end\n  end\nend\n',
    blocks: ['MAX 1-1', 'A.B.X 4-6'],
  },
  'a.php': {
    text: '<?php\nconst MAX = 5;\n$conf = [];\nclass A { const LIMIT = 1; public $x = 1; }\nenum E { case A; }\n',
    blocks: ['MAX 2-2', 'conf 3-3', 'A.LIMIT 4-4', 'A.x 4-4', 'E.A 5-5'],
  },
  'a.kt': {
    text: `const val MAX = 5
class A { val y = 1
  companion object { const val Z = 1 }
}
enum class E(val a: Int) { X(1), Y(2) }
`,
    blocks: ['MAX 1-1', 'A.y 2-2', 'A.Z 3-3', 'E.X 5-5', 'E.Y 5-5'],
  },
  'a.swift': {
    text: 'let max = 5\nclass A { static let limit = 1; func f() { let z = 1 } }\nenum E { case a\n case b(Int) }\n',
    blocks: ['max 1-1', 'A.limit 2-2', 'E.a 3-3', 'E.b 4-4'],
  },
  'a.scala': { text: 'object A {\n  val x = 1\n  def f = { val z = 1 }\n}\n', blocks: ['A.x 2-2'] },
  'a.c': {
    text: '#ifndef A\n#define MAX 5\n#define F(x) \\\n  x\nenum E { A, B };\n#endif\n',
    blocks: ['MAX 2-2', 'F 3-4', 'E.A 5-5', 'E.B 5-5'],
  },
}

function isBlock(line: string): boolean {
  return line.startsWith('block ')
}

it.each(Object.entries(EXAMPLES))('finds the blocks of %s beside its functions', async (path, { text, blocks }) => {
  const all = (await outlineOfText(path, text)) ?? []
  expect(all.filter(isBlock).map((line) => line.slice('block '.length))).toEqual(blocks)
  const language = languageOf(path)
  const others = language === undefined ? [] : await parseDefinitions(text, language)
  expect(all.filter((line) => !isBlock(line))).toEqual(
    others.map(({ kind, name, startLine, endLine }) => `${kind} ${name} ${startLine}-${endLine}`),
  )
})
