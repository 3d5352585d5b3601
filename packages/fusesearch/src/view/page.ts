import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { RunsData } from './page-data.ts'
import type { EvaluationData, TrainingData } from './report-data.ts'

/** The page's data, as JSON. */
export type PageData =
  | RunsData
  /** The page uses the server that it came from. */
  | { readonly kind: 'live' }
  | EvaluationData
  | TrainingData

/**
 * The page with its data as one self-contained HTML text. Text of repositories and models is in it only as JSON, and
 * the page's content security policy allows only its own script.
 */
export async function pageHtml(data: PageData): Promise<string> {
  const [script, style] = await partsOf(data)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="fusesearch">
<meta http-equiv="Content-Security-Policy" content="${securityPolicy({ data, script, style })}">
<meta name="referrer" content="no-referrer">
<title>FuseSearch</title>
<style>${style}</style>
</head>
<body>
<div id="app"></div>
<noscript>This page draws itself with JavaScript. Allow it for this page.</noscript>
<script type="application/json" id="data">${embeddedJson(data)}</script>
<script>${script}</script>
</body>
</html>
`
}

/** The same policy for a header, which can also forbid frames. */
export async function policyHeader(data: PageData): Promise<string> {
  const [script, style] = await partsOf(data)
  return `${securityPolicy({ data, script, style })}; frame-ancestors 'none'`
}

interface Guarded {
  readonly data: PageData
  readonly script: string
  readonly style: string
}

/** Allows only exactly this script and style; only the live page may use its own server. */
function securityPolicy({ data, script, style }: Guarded): string {
  return [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    `connect-src ${data.kind === 'live' ? "'self'" : "'none'"}`,
    "base-uri 'none'",
    "form-action 'none'",
    // Assigning a string as markup throws an error.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

/** JSON that can't end its element or begin a comment, because every `<` is escaped. */
function embeddedJson(data: PageData): string {
  return JSON.stringify(data).replaceAll('<', String.raw`\u003c`)
}

/** Reports have charts; the page of a search doesn't. */
function partsOf({ kind }: PageData): Promise<[script: string, style: string]> {
  const isReport = kind === 'evaluation' || kind === 'training'
  return Promise.all([partText(isReport ? 'report.js' : 'app.js'), partText('style.css')])
}

function partText(name: 'app.js' | 'report.js' | 'style.css'): Promise<string> {
  // Resolved through package.json: the parts are in `dist`, wherever this file runs from.
  return readFile(createRequire(import.meta.url).resolve(`#page/${name}`), 'utf8')
}
