import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import { compileGrammar, compileParser, expectBriefProcess } from './compile.ts'

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

test('a grammar with much code is never optimized, and other modules are as before', async () => {
  const grammar = loopOf(compileGrammar(withCode(LOOP, 60_000)))
  const other = loopOf(new WebAssembly.Module(named('x')))
  await runUntilOptimized(other, grammar)
  expect(isBaseline(other)).toBe(false)
  expect(isBaseline(grammar)).toBe(true)
})

test.each([
  ['a grammar with little code', () => compileGrammar(withCode(LOOP, 40_000))],
  ['the parser', () => compileParser(named('y'))],
])('%s is compiled at once and optimized when it has run much', async (_, compile) => {
  const loop = loopOf(compile())
  expect(isBaseline(loop)).toBe(true)
  await runUntilOptimized(loop)
  expect(isBaseline(loop)).toBe(false)
})

test('in a brief process no grammar is optimized, and the parser later than other modules', async () => {
  expectBriefProcess(true)
  onTestFinished(() => expectBriefProcess(false))
  const [grammar, parser] = [loopOf(compileGrammar(named('a'))), loopOf(compileParser(named('b')))]
  const other = loopOf(new WebAssembly.Module(named('c')))
  await runUntilOptimized(other)
  // More than V8's own budgets, and a few thousandths of the late one.
  parser(2_000_000)
  await setTimeout(50)
  expect(isBaseline(parser)).toBe(true)
  await runUntilOptimized(parser, grammar)
  expect(isBaseline(parser)).toBe(false)
  expect(isBaseline(grammar)).toBe(true)
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

/** The module with a second function, which does nothing for so many bytes (16,384 to 2,097,151). */
function withCode(module: Buffer, bytes: number): Buffer {
  const [types, exported] = [module.subarray(0, 15), module.subarray(19, 26)]
  const loop = module.subarray(29)
  // No local variables, `nop` again and again, `end`.
  const idle = Buffer.concat([Buffer.from(inLeb128(bytes)), Buffer.alloc(bytes, 1)])
  idle[3] = 0
  idle[idle.length - 1] = 0x0b
  const code = Buffer.concat([Buffer.from([2]), loop, idle])
  return Buffer.concat([
    types,
    Buffer.from([3, 3, 2, 0, 0]),
    exported,
    Buffer.from([10, ...inLeb128(code.length)]),
    code,
  ])
}

function inLeb128(value: number): number[] {
  return [(value & 0x7f) | 0x80, ((value >> 7) & 0x7f) | 0x80, value >> 14]
}
