import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import { expect, test } from 'vitest'
import { compileGrammar } from './compile.ts'

/** `(func (export "f") (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))`. */
const LOOP = Buffer.from(
  '0061736d0100000001050160017f0003020100070501016600000a10010e000340200041016b22000d000b0b',
  'hex',
)

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: { readonly f: (count: number) => void } }
}

test('a grammar is never optimized, and other modules are as before', async () => {
  setFlagsFromString('--allow-natives-syntax')
  const isBaseline = runInThisContext('(f) => %IsLiftoffFunction(f)') as (f: unknown) => boolean
  const { f: grammar } = new WebAssembly.Instance(compileGrammar(LOOP)).exports
  // An empty custom section makes it another module, which V8 doesn't share.
  const other = Buffer.concat([LOOP, Buffer.from([0, 2, 1, 0x78])])
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(other)).exports
  for (let round = 0; round < 200 && (round === 0 || isBaseline(f)); round++) {
    grammar(10_000_000)
    f(10_000_000)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  expect(isBaseline(f)).toBe(false)
  expect(isBaseline(grammar)).toBe(true)
})
