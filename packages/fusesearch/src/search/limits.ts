import type { ToolLimits } from './tool.ts'

/** Limits for a model: 400 lines or 20 kB a call, and suggestions where nothing was found. */
export const MODEL_LIMITS: ToolLimits = {
  maxLinesPerCall: 400,
  maxBytesPerCall: 20_000,
  maxBytesPerRun: 4_000_000,
  maxLineLength: 500,
  maxFileBytes: 10_000_000,
  callTimeoutMs: 10_000,
  suggestions: 5,
}

/** Limits for a program: 1 MB a call and 4 MB a run. */
export const PROGRAM_LIMITS: ToolLimits = {
  maxLinesPerCall: 100_000,
  maxBytesPerCall: 1_000_000,
  maxBytesPerRun: 4_000_000,
  maxLineLength: 2_000,
  maxFileBytes: 10_000_000,
  callTimeoutMs: 10_000,
}
