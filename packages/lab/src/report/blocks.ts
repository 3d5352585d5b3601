/** A cell: text, or a link into the report's folder. */
export type Cell = string | { readonly text: string; readonly href: string }

/** A part of a report, before it is Markdown or HTML. */
export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly Cell[])[] }
  /** An SVG: part of an HTML page; beside Markdown it is the file of that name. */
  | { readonly kind: 'figure'; readonly title: string; readonly svg: string; readonly file: string }

/** A block that is a figure. */
export type Figure = Extract<Block, { kind: 'figure' }>

/** A heading, of the second level unless another is given. */
export function heading(text: string, level: 1 | 2 | 3 = 2): Block {
  return { kind: 'heading', level, text }
}

export function paragraphs(...texts: readonly string[]): Block[] {
  return texts.map((text) => ({ kind: 'text', text }))
}

/** A table under the names of its columns, given as a list or with `|` between them. */
export function table(head: string | readonly string[], rows: readonly (readonly Cell[])[]): Block {
  return { kind: 'table', head: typeof head === 'string' ? head.split('|') : head, rows }
}

/** Rows of a name and what it is, without a head. */
export function facts(rows: readonly (readonly [name: string, value: string])[]): Block {
  return table('|', rows)
}

/** The report as Markdown. */
export function renderMarkdown(blocks: readonly Block[]): string {
  return `${blocks.map(markdownBlock).join('\n\n')}\n`
}

function markdownBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${escapeText(block.text)}`
    case 'text':
      return escapeText(block.text)
    case 'code':
      return `\`\`\`sh\n${block.text}\n\`\`\``
    case 'figure':
      return `![${block.title}](${block.file})`
    case 'table': {
      const line = (cells: readonly Cell[]): string => `| ${cells.map(markdownCell).join(' | ')} |`
      return [line(block.head), `|${block.head.map(() => '---|').join('')}`, ...block.rows.map(line)].join('\n')
    }
  }
}

function markdownCell(cell: Cell): string {
  return typeof cell === 'string' ? escapeText(cell) : `[${escapeText(cell.text)}](${encodeURI(cell.href)})`
}

/** Names of repositories hold underscores and stars that must not turn into emphasis, and no cell holds a line break. */
function escapeText(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, '\\$&').replaceAll(/\s*\n\s*/g, ' ')
}

const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--line:#d4dae0;--page:#fff;--band:#f5f7f9;--link:#0a5cc0}
@media(prefers-color-scheme:dark){:root{--ink:#e4e8ec;--soft:#9aa5b1;--line:#3a424b;--page:#14181c;--band:#1c2126;--link:#7ab7ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1100px;padding:2rem 1.25rem 4rem;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;margin:0 0 1rem}h2{font-size:1.2rem;margin:2.5rem 0 .6rem}h3{font-size:1rem;margin:1.4rem 0 .4rem;color:var(--soft)}
p{max-width:75ch;color:var(--soft)}a{color:var(--link)}
pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:.7rem 1rem;background:var(--band);border:1px solid var(--line);border-radius:6px;font:13px/1.5 ui-monospace,monospace}
.table{overflow-x:auto}
table{border-collapse:collapse;font-size:13.5px;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .7rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{color:var(--soft);font-weight:600;white-space:nowrap}
td.number{text-align:right;white-space:nowrap}th.number{text-align:right}
tbody tr:nth-child(even){background:var(--band)}
td{overflow-wrap:break-word;max-width:26rem}
svg{width:100%;height:auto;max-width:900px}
`

/** The report as one page that requests nothing: it holds its style and figures; links lead into the report's folder. */
export function renderHtml(title: string, blocks: readonly Block[]): string {
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeXml(title)}</title><style>${STYLE}</style>`
  const body = blocks.map(htmlBlock).join('\n')
  return `<!doctype html>\n<html lang="en"><head>${head}</head>\n<body>\n${body}\n</body></html>\n`
}

function htmlBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level}>${escapeXml(block.text)}</h${block.level}>`
    case 'text':
      return `<p>${escapeXml(block.text)}</p>`
    case 'code':
      return `<pre>${escapeXml(block.text)}</pre>`
    case 'figure':
      return `<figure style="margin:0">${block.svg}</figure>`
    case 'table':
      return htmlTable(block.head, block.rows)
  }
}

function htmlTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const isNumber = head.map((_, column) => rows.length > 0 && rows.every((row) => isNumeric(row[column])))
  const className = (column: number): string => (isNumber[column] === true ? ' class="number"' : '')
  const isNamed = head.some((name) => name !== '')
  const top = head.map((name, column) => `<th${className(column)}>${escapeXml(name)}</th>`).join('')
  const body = rows.map(
    (row) => `<tr>${row.map((cell, column) => `<td${className(column)}>${htmlCell(cell)}</td>`).join('')}</tr>`,
  )
  return `<div class="table"><table>${isNamed ? `<thead><tr>${top}</tr></thead>` : ''}<tbody>\n${body.join('\n')}\n</tbody></table></div>`
}

function htmlCell(cell: Cell): string {
  return typeof cell === 'string'
    ? escapeXml(cell)
    : `<a href="${escapeXml(encodeURI(cell.href))}">${escapeXml(cell.text)}</a>`
}

/** Numbers, intervals and pairs of numbers stand to the right; a column of dashes alone does not matter. */
function isNumeric(cell: Cell | undefined): boolean {
  return typeof cell === 'string' && /^[\d–]/.test(cell) && /^[\d.,%–\s/+[\]-]+$/.test(cell)
}

/** Text as XML and HTML may hold it. */
export function escapeXml(text: string): string {
  const named: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (character) => named[character] ?? character)
}
