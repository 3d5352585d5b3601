import pc from 'picocolors'
import type { Terminal } from '../command.ts'

/** Colours that are plain text where colours are not wanted. */
export type Colors = ReturnType<typeof pc.createColors>

/** How to draw on a stream. */
export interface Style {
  readonly colors: Colors
  /** Columns to fill. */
  readonly width: number
}

const MIN_WIDTH = 40
/** Wider lines are hard to follow with the eye. */
const MAX_WIDTH = 120
const DEFAULT_WIDTH = 80

/** Colours on a terminal, unless NO_COLOR is set or the terminal is dumb (https://no-color.org). */
export function styleOf({ stdout, env }: Terminal): Style {
  const isPlain = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb'
  const isForced = (env.FORCE_COLOR ?? '0') !== '0'
  const colors = pc.createColors(isForced || (stdout.isTTY && !isPlain))
  return { colors, width: Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, stdout.columns ?? DEFAULT_WIDTH)) }
}

const PARTS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** A bar of `share` (0 to 1) of `columns`, padded to them, drawn in eighths of a column. */
export function bar(share: number, columns: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * columns * 8)
  return ('█'.repeat(eighths >> 3) + (PARTS[eighths & 7] ?? '')).padEnd(columns)
}

/** `0.42` as `42%`. */
export function percent(share: number): string {
  return `${Math.round(share * 100)}%`
}

/** `83 ms`, `1.24 s`. */
export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(2)} s`
}

/** `1 call`, `2 calls`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
