import { setFlagsFromString } from 'node:v8'

/** A compiled module, as `WebAssembly.Module` makes it. */
export type CompiledModule = object

// Node 20's types lack WebAssembly, and the browser's types would declare much that Node doesn't have.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => CompiledModule
  readonly Instance: new (module: CompiledModule, imports: object) => object
}

/** Versions of V8 (Node 20 to 25) in which the switches below were tested, and each one's default tiering budget. */
const KNOWN_V8: ReadonlyMap<number, number> = new Map([
  [11, 1_800_000],
  [12, 13_000_000],
  [13, 13_000_000],
  [14, 13_000_000],
])

/** Compile everything now: a function compiled at its first call would get the switches of that moment. */
const WHOLE = ['--no-wasm-lazy-compilation']
const NOT_WHOLE = ['--wasm-lazy-compilation']
const BASELINE_ONLY = ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']
const NOT_BASELINE_ONLY = ['--wasm-tier-up', '--wasm-dynamic-tiering']
/** Close to the largest budget that V8 accepts; parsing half a million characters of Python uses it up. */
const LATE_BUDGET = 2_000_000_000
/** The lexer of a grammar with more code than this is expensive to optimize. */
const MAX_OPTIMIZED_CODE_BYTES = 50_000

let isProcessBrief = false

/**
 * Says whether this process ends after one search or so. Then grammars that are loaded from now on stay with the
 * baseline compiler, and the parser is optimized only once the process has parsed much more than one search does: V8 would
 * optimize during the first file, which takes 0.1 s of processor time, more than a search's whole parsing.
 */
export function expectBriefProcess(isBrief: boolean): void {
  isProcessBrief = isBrief
}

/**
 * Compiles a grammar. One with much code always stays with V8's baseline compiler: the optimizing compiler would work in
 * the background for seconds on the lexer, a single function of up to half a megabyte (3 s of processor time and up to
 * 3 GB of memory for Swift), and the process can't exit before it is done.
 * V8 offers only process-wide switches for this. They are set while this module compiles and then set back, so other
 * modules keep their settings. If the process was started with its own WebAssembly switches, those stay, and they apply
 * to the grammar too.
 */
export function compileGrammar(bytes: Uint8Array): CompiledModule {
  if (!isProcessBrief && codeBytes(bytes) <= MAX_OPTIMIZED_CODE_BYTES) return compileWhole(bytes)
  return compileWith(bytes, [...WHOLE, ...BASELINE_ONLY], () => [...NOT_WHOLE, ...NOT_BASELINE_ONLY])
}

/** Compiles the parser with the baseline compiler first; V8 optimizes what runs much, later in a brief process. */
export function compileParser(bytes: Uint8Array): CompiledModule {
  if (!isProcessBrief) return compileWhole(bytes)
  return compileWith(bytes, [...WHOLE, `--wasm-tiering-budget=${LATE_BUDGET}`], (budget) => [
    ...NOT_WHOLE,
    `--wasm-tiering-budget=${budget}`,
  ])
}

function compileWhole(bytes: Uint8Array): CompiledModule {
  return compileWith(bytes, WHOLE, () => NOT_WHOLE)
}

/** Instantiates a module with its imports. */
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

/** V8 doesn't reveal its current switches, so a switch that the user set could not be restored. */
function hasOwnSwitches(): boolean {
  const given = `${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`
  return /wasm|liftoff/.test(given)
}

/** Bytes of a module's header: its magic number and version. */
const HEADER_BYTES = 8
const CODE_SECTION = 10

/** Bytes of a module's code section; 0 without one. */
function codeBytes(module: Uint8Array): number {
  for (let at = HEADER_BYTES; at < module.length; ) {
    const section = module[at]
    const { value: size, next } = readNumber(module, at + 1)
    if (section === CODE_SECTION) return size
    at = next + size
  }
  return 0
}

/** Reads an unsigned number in LEB128: seven bits a byte, the lowest first. */
function readNumber(bytes: Uint8Array, start: number): { readonly value: number; readonly next: number } {
  let value = 0
  for (let at = start; ; at += 1) {
    const byte = bytes[at] ?? 0
    value += (byte & 0x7f) * 2 ** (7 * (at - start))
    if (byte < 0x80) return { value, next: at + 1 }
  }
}
