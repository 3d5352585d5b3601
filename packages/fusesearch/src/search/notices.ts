import type { Notice, Observation, ToolLimits } from './tool.ts'

/** What one call may still show: the caller's limits and the bytes that the run has left. */
export interface Allowance {
  readonly limits: ToolLimits
  readonly bytesLeft: number
}

/** Bytes kept free for the notices of a call. */
const NOTICE_BYTES = 1_000

/** With fewer bytes left in the run a call isn't run: it could show nothing useful. */
export const MIN_BYTES_LEFT = 2_000

/** The rows of an observation, counted while they are added, so that its size is known without rendering. */
export class Rows {
  bytes = 0
  lines = 0
  /** The limit that allowed no further row. */
  full: 'callBytes' | 'callLines' | 'runBytes' | undefined
  private readonly maxBytes: number
  private readonly maxLines: number
  private readonly byteLimit: 'callBytes' | 'runBytes'

  constructor({ limits, bytesLeft }: Allowance) {
    this.byteLimit = bytesLeft < limits.maxBytesPerCall ? 'runBytes' : 'callBytes'
    this.maxBytes = Math.max(0, Math.min(bytesLeft, limits.maxBytesPerCall) - NOTICE_BYTES)
    this.maxLines = limits.maxLinesPerCall
  }

  /** Adds rows of `bytes` in all (with line ends) and `lines` counted lines; false if a limit forbids it. */
  take(bytes: number, lines: number): boolean {
    if (this.full !== undefined) return false
    if (this.lines + lines > this.maxLines) this.full = 'callLines'
    else if (this.bytes + bytes > this.maxBytes) this.full = this.byteLimit
    else {
      this.bytes += bytes
      this.lines += lines
    }
    return this.full === undefined
  }
}

/** UTF-8 length of a row with its line end. */
export function rowBytes(text: string): number {
  return Buffer.byteLength(text) + 1
}

/** The limit in words, for a notice. */
export function limitInWords(limit: 'callBytes' | 'callLines' | 'runBytes', { limits }: Allowance): string {
  if (limit === 'callLines') return `${limits.maxLinesPerCall} lines a call`
  if (limit === 'callBytes') return `${limits.maxBytesPerCall} bytes a call`
  return `${limits.maxBytesPerRun} bytes a run`
}

/** Says that lines were cut. */
export function lineLengthNotice(cut: number, { limits }: Allowance): Notice {
  const lines = cut === 1 ? '1 line was' : `${cut} lines were`
  const message = `${lines} cut at ${limits.maxLineLength} characters. A narrower grep pattern finds what stands behind.`
  return { limit: 'lineLength', message }
}

/** The row under which a notice is shown. */
export function noticeRow(notice: Notice): string {
  return `[${notice.message}]`
}

/** Bytes of all notices as shown. */
export function noticeBytes(notices: readonly Notice[]): number {
  return notices.reduce((sum, notice) => sum + rowBytes(noticeRow(notice)), 0)
}

/** The observation with one more notice. */
export function withNotice<Kind extends Observation & { readonly ok: true }>(shown: Kind, notice: Notice): Kind {
  return { ...shown, notices: [...shown.notices, notice], bytes: shown.bytes + noticeBytes([notice]) }
}

/**
 * The observations with notices of what the tree's listing could not reach, in the first one that shows results. For
 * calls that a person or program makes; a localization reports it once for the whole run.
 */
export function announceUnreached(
  observations: readonly Observation[],
  unreached: readonly string[],
): readonly Observation[] {
  const first = observations.findIndex(({ ok, tool }) => ok && (tool === 'grep' || tool === 'glob'))
  const added = unreached.map((message): Notice => ({ limit: 'unreached', message }))
  return observations.map((one, index) => {
    if (index !== first || !one.ok) return one
    return added.reduce(withNotice, one)
  })
}
