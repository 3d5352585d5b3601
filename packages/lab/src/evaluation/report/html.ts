import type { Block, Cell } from './blocks.ts'
import { escapeXml } from './panels.ts'

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

/** The report as one page that requests nothing: style and figure are in it, links lead into the run's folder. */
export function renderHtml(title: string, blocks: readonly Block[], figure: string): string {
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeXml(title)}</title><style>${STYLE}</style>`
  const body = blocks.map((block) => renderBlock(block, figure)).join('\n')
  return `<!doctype html>\n<html lang="en"><head>${head}</head>\n<body>\n${body}\n</body></html>\n`
}

function renderBlock(block: Block, figure: string): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level}>${escapeXml(block.text)}</h${block.level}>`
    case 'text':
      return `<p>${escapeXml(block.text)}</p>`
    case 'code':
      return `<pre>${escapeXml(block.text)}</pre>`
    case 'figure':
      return `<figure style="margin:0">${figure}</figure>`
    case 'table':
      return renderTable(block.head, block.rows)
  }
}

function renderTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const isNumber = head.map((_, column) => rows.length > 0 && rows.every((row) => isNumeric(row[column])))
  const className = (column: number): string => (isNumber[column] === true ? ' class="number"' : '')
  const isNamed = head.some((name) => name !== '')
  const top = head.map((name, column) => `<th${className(column)}>${escapeXml(name)}</th>`).join('')
  const body = rows.map(
    (row) => `<tr>${row.map((cell, column) => `<td${className(column)}>${renderCell(cell)}</td>`).join('')}</tr>`,
  )
  return `<div class="table"><table>${isNamed ? `<thead><tr>${top}</tr></thead>` : ''}<tbody>\n${body.join('\n')}\n</tbody></table></div>`
}

function renderCell(cell: Cell): string {
  return typeof cell === 'string'
    ? escapeXml(cell)
    : `<a href="${escapeXml(encodeURI(cell.href))}">${escapeXml(cell.text)}</a>`
}

/** Numbers, intervals and pairs of numbers stand to the right; a column of dashes alone does not matter. */
function isNumeric(cell: Cell | undefined): boolean {
  return typeof cell === 'string' && /^[\d–]/.test(cell) && /^[\d.,%–\s/+[\]-]+$/.test(cell)
}
