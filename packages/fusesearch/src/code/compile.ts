import { setFlagsFromString } from 'node:v8'

/** A compiled module, as `WebAssembly.Module` makes it. */
export type CompiledModule = object

// The types of Node 20 have no WebAssembly, and those of browsers would bring much that isn't there.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => CompiledModule
  readonly Instance: new (module: CompiledModule, imports: object) => object
}

/** Versions of V8 (Node 20 to 25) in which the switches below were seen to work, with the budget that each has for the optimizing compiler. */
const KNOWN_V8: ReadonlyMap<number, number> = new Map([
  [11, 1_800_000],
  [12, 13_000_000],
  [13, 13_000_000],
  [14, 13_000_000],
])

/** All of it and at once: what is compiled when it is first called would be compiled by the switches of that time. */
const WHOLE = ['--no-wasm-lazy-compilation']
const NOT_WHOLE = ['--wasm-lazy-compilation']
const BASELINE_ONLY = ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']
const NOT_BASELINE_ONLY = ['--wasm-tier-up', '--wasm-dynamic-tiering']
/** Near the largest that V8 takes; reached in half a million characters of Python. */
const LATE_BUDGET = 2_000_000_000

/**
 * Compiles a grammar with V8's baseline compiler, for good. The optimizing compiler would take a grammar's lexer, one
 * function of up to a megabyte, and work on it for seconds in the background: 3 s of processor time and up to 3 GB of
 * memory for Swift, and the process can't end before. A grammar is no faster for it.
 * V8 has switches for this only, and they hold for the whole process. They are set while this module is compiled and then
 * set back, so other modules of the process keep what they had. A process that was started with switches of its own for
 * WebAssembly keeps those, and the grammar is compiled by them.
 */
export function compileGrammar(bytes: Uint8Array): CompiledModule {
  return compileWith(bytes, [...WHOLE, ...BASELINE_ONLY], () => [...NOT_WHOLE, ...NOT_BASELINE_ONLY])
}

/**
 * Compiles the parser with V8's baseline compiler, in the way of {@link compileGrammar}, and has it optimized late: in a
 * process that parses much more than one search does. By its own rules V8 begins in the first file, for 0.1 s of processor
 * time; that is more than a search's parsing takes, and the parser is a third faster for it.
 */
export function compileParser(bytes: Uint8Array): CompiledModule {
  return compileWith(bytes, [...WHOLE, `--wasm-tiering-budget=${LATE_BUDGET}`], (budget) => [
    ...NOT_WHOLE,
    `--wasm-tiering-budget=${budget}`,
  ])
}

/** A module with what it imports, ready to run. */
export function instantiate(module: CompiledModule, imports: object): object {
  return new WebAssembly.Instance(module, imports)
}

function compileWith(
  bytes: Uint8Array,
  switches: readonly string[],
  back: (budget: number) => readonly string[],
): CompiledModule {
  const budget = KNOWN_V8.get(Number.parseInt(process.versions.v8, 10))
  if (budget === undefined || hasOwnSwitches()) return new WebAssembly.Module(bytes)
  for (const flag of switches) setFlagsFromString(flag)
  try {
    return new WebAssembly.Module(bytes)
  } finally {
    for (const flag of back(budget)) setFlagsFromString(flag)
  }
}

/** What V8 was started with can't be asked of it, so a set switch could not be set back. */
function hasOwnSwitches(): boolean {
  const given = `${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`
  return /wasm|liftoff/.test(given)
}
