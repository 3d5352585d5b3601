import type { Call, FailedObservation } from './tool.ts'

/** What came of arguments from outside: a call, or the failure to show. */
export type ParsedCall =
  | { readonly ok: true; readonly call: Call }
  | { readonly ok: false; readonly observation: FailedObservation }

/** Checks a tool call that came from outside (a model, a file, a client). */
export function parseCall(_name: string, _arguments: unknown): ParsedCall {
  throw new Error('under construction')
}
