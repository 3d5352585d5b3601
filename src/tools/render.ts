import type { Observation } from './tool.ts'

/** The observation as a model reads it. Its UTF-8 length is `observation.bytes`. */
export function renderObservation(_observation: Observation): string {
  throw new Error('under construction')
}
