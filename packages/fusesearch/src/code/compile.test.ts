import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import { expect, test } from 'vitest'
import { compileGrammar, compileParser } from './compile.ts'

/** `(func (export "f") (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))`. */
const LOOP = Buffer.from(
  '0061736d0100000001050160017f0003020100070501016600000a10010e000340200041016b22000d000b0b',
  'hex',
)

type Loop = (count: number) => void

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: { readonly f: Loop } }
}

setFlagsFromString('--allow-natives-syntax')
const isBaseline = runInThisContext('(f) => %IsLiftoffFunction(f)') as (f: unknown) => boolean

test('a grammar is never optimized, and other modules are as before', async () => {
  const grammar = loopOf(compileGrammar(LOOP))
  const other = loopOf(new WebAssembly.Module(named('x')))
  await runUntilOptimized(other, grammar)
  expect(isBaseline(other)).toBe(false)
  expect(isBaseline(grammar)).toBe(true)
})

test('the parser is optimized, but later than other modules', async () => {
  const parser = loopOf(compileParser(named('y')))
  const other = loopOf(new WebAssembly.Module(named('z')))
  await runUntilOptimized(other)
  // More than V8's own budgets, and a few thousandths of the late one.
  parser(2_000_000)
  await setTimeout(50)
  expect(isBaseline(parser)).toBe(true)
  await runUntilOptimized(parser)
  expect(isBaseline(parser)).toBe(false)
})

async function runUntilOptimized(loop: Loop, beside?: Loop): Promise<void> {
  for (let round = 0; round < 200 && (round === 0 || isBaseline(loop)); round++) {
    for (const one of [loop, beside]) one?.(10_000_000)
    await setTimeout(10)
  }
}

function loopOf(module: object): Loop {
  return new WebAssembly.Instance(module).exports.f
}

/** The same module plus an empty custom section, so that V8 treats it as a new module and shares no code with it. */
function named(name: string): Buffer {
  return Buffer.concat([LOOP, Buffer.from([0, 2, 1]), Buffer.from(name)])
}
