/** A cell: text, or a link into the report's folder. */
export type Cell = string | { readonly text: string; readonly href: string }

/** A part of a report, before it becomes Markdown. */
export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly Cell[])[] }

/** A heading, by default of the second level. */
export function heading(text: string, level: 1 | 2 | 3 = 2): Block {
  return { kind: 'heading', level, text }
}

export function paragraphs(...texts: readonly string[]): Block[] {
  return texts.map((text) => ({ kind: 'text', text }))
}

/** A table with the names of its columns, given as a list or separated by `|`. */
export function table(head: string | readonly string[], rows: readonly (readonly Cell[])[]): Block {
  return { kind: 'table', head: typeof head === 'string' ? head.split('|') : head, rows }
}

/** Rows of a name and a value, without a head. */
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
    case 'table': {
      const line = (cells: readonly Cell[]): string => `| ${cells.map(markdownCell).join(' | ')} |`
      return [line(block.head), `|${block.head.map(() => '---|').join('')}`, ...block.rows.map(line)].join('\n')
    }
  }
}

function markdownCell(cell: Cell): string {
  return typeof cell === 'string' ? escapeText(cell) : `[${escapeText(cell.text)}](${encodeURI(cell.href)})`
}

/**
 * Names of repositories contain underscores and stars that must not become emphasis, and a cell can't have line breaks.
 */
function escapeText(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, '\\$&').replaceAll(/\s*\n\s*/g, ' ')
}
