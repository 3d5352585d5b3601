import { setFlagsFromString } from 'node:v8'

/** A compiled module, as `WebAssembly.Module` makes it. */
export type CompiledGrammar = object

// The types of Node 20 have no WebAssembly, and those of browsers would bring much that isn't there.
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => CompiledGrammar }

/** Versions of V8 (Node 20 to 25) in which the switches below were seen to work; another one may not know them. */
const KNOWN_V8 = { first: 11, last: 14 }

const BASELINE_ONLY = ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering', '--no-wasm-lazy-compilation']
const AS_BEFORE = ['--wasm-tier-up', '--wasm-dynamic-tiering', '--wasm-lazy-compilation']

/**
 * Compiles a grammar with V8's baseline compiler, for good. The optimizing compiler would take a grammar's lexer, one
 * function of up to a megabyte, and work on it for seconds in the background: 3 s of processor time and up to 3 GB of
 * memory for Swift, and the process can't end before. A grammar is no faster for it; the parser itself, a module of its
 * own, is still optimized.
 * V8 has switches for this only, and they hold for the whole process. They are set while this module is compiled, all of
 * it and at once, and then set back, so other modules of the process keep what they had. A process that was started with
 * switches of its own for WebAssembly keeps those, and the grammar is compiled by them.
 */
export function compileGrammar(bytes: Uint8Array): CompiledGrammar {
  if (!maySetFlags()) return new WebAssembly.Module(bytes)
  for (const flag of BASELINE_ONLY) setFlagsFromString(flag)
  try {
    return new WebAssembly.Module(bytes)
  } finally {
    for (const flag of AS_BEFORE) setFlagsFromString(flag)
  }
}

/** What V8 was started with can't be asked of it, so a set switch could not be set back. */
function maySetFlags(): boolean {
  const major = Number.parseInt(process.versions.v8, 10)
  const given = `${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`
  return major >= KNOWN_V8.first && major <= KNOWN_V8.last && !/wasm|liftoff/.test(given)
}
