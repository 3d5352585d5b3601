import type { Block, Cell } from './blocks.ts'

/** The report as Markdown; its figure is the file beside it. */
export function renderMarkdown(blocks: readonly Block[], figure: string): string {
  return `${blocks.map((block) => renderBlock(block, figure)).join('\n\n')}\n`
}

function renderBlock(block: Block, figure: string): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${escapeText(block.text)}`
    case 'text':
      return escapeText(block.text)
    case 'code':
      return `\`\`\`sh\n${block.text}\n\`\`\``
    case 'figure':
      return `![Breadth, gain and redundancy by turn; F1 against time](${figure})`
    case 'table': {
      const line = (cells: readonly Cell[]): string => `| ${cells.map(renderCell).join(' | ')} |`
      return [line(block.head), `|${block.head.map(() => '---|').join('')}`, ...block.rows.map(line)].join('\n')
    }
  }
}

function renderCell(cell: Cell): string {
  return typeof cell === 'string' ? escapeText(cell) : `[${escapeText(cell.text)}](${encodeURI(cell.href)})`
}

/** Names of repositories hold underscores and stars that must not turn into emphasis, and no cell holds a line break. */
function escapeText(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, '\\$&').replaceAll(/\s*\n\s*/g, ' ')
}
