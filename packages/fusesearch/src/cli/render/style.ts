import { hostname } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import pc from 'picocolors'
import type { Terminal } from '../command.ts'

/** Colours that are plain text if colours are off. */
export type Colors = ReturnType<typeof pc.createColors>

/** How to draw on a stream. */
export interface Style {
  readonly colors: Colors
  /** Columns to fill. */
  readonly width: number
  /**
   * Makes a text a link to a line of a file of the repository, if the terminal supports links; else returns the text.
   */
  readonly link: (text: string, path: string, line: number) => string
}

const MIN_WIDTH = 40
/** Wider lines are hard to read. */
const MAX_WIDTH = 120
const DEFAULT_WIDTH = 80

/**
 * Colours on a terminal, unless NO_COLOR is set or the terminal is dumb (https://no-color.org); links into `linkRoot`,
 * an absolute folder, on terminals that are known to support them.
 */
export function styleOf({ stdout, env }: Terminal, linkRoot?: string): Style {
  const isPlain = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb'
  const isForced = (env.FORCE_COLOR ?? '0') !== '0'
  // In a pipe Node leaves `isTTY` out, whatever its type says. Asked with undefined, picocolors goes by the environment,
  // where `CI` turns colours on.
  const isTerminal = (stdout.isTTY as boolean | undefined) ?? false
  const colors = pc.createColors(isForced || (isTerminal && !isPlain))
  const hasLinks = linkRoot !== undefined && stdout.isTTY && !isPlain && showsLinks(env)
  const link: Style['link'] = hasLinks ? (text, path, line) => hyperlink(text, linkTo(linkRoot, path, line)) : plainText
  return { colors, link, width: Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, stdout.columns ?? DEFAULT_WIDTH)) }
}

/** Without links. */
export function plainText(text: string): string {
  return text
}

/** Terminals that support OSC 8 links, by their environment variables; others would print or drop them. */
function showsLinks(env: NodeJS.ProcessEnv): boolean {
  const {
    FORCE_HYPERLINK,
    KITTY_WINDOW_ID,
    KONSOLE_VERSION,
    TERM = '',
    TERM_PROGRAM = '',
    VTE_VERSION,
    WT_SESSION,
  } = env
  if (FORCE_HYPERLINK !== undefined) return FORCE_HYPERLINK !== '0'
  // A multiplexer passes them on only if configured to.
  if (/^(?:screen|tmux)/.test(TERM)) return false
  const isKnown = /^(?:ghostty|Hyper|iTerm\.app|rio|Tabby|vscode|WezTerm|zed)$/.test(TERM_PROGRAM)
  const isVte = Number(VTE_VERSION) >= FIRST_VTE_WITH_LINKS
  const byTerm = /^(?:alacritty|contour|foot|xterm-ghostty|xterm-kitty)/.test(TERM)
  return isKnown || isVte || byTerm || [KITTY_WINDOW_ID, KONSOLE_VERSION, WT_SESSION].some((one) => one !== undefined)
}

/** 0.50.1 crashed on some links. */
const FIRST_VTE_WITH_LINKS = 5_002

function linkTo(root: string, path: string, line: number): string {
  const url = pathToFileURL(join(root, path))
  url.host = hostname()
  return `${url.href}#${line}`
}

/** OSC 8. */
function hyperlink(text: string, address: string): string {
  return `\u001b]8;;${address}\u001b\\${text}\u001b]8;;\u001b\\`
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
