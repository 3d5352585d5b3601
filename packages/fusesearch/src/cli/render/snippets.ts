import { type Snippet, snippetMarkdown } from '../../ask/index.ts'
import { toShownText } from './shown-text.ts'

/** The Markdown of snippets for a terminal: tabs and line ends stay, other control characters are escaped. */
export function renderSnippets(snippets: readonly Omit<Snippet, 'tokens'>[]): string {
  const text = snippets.map(snippetMarkdown).join('')
  return text
    .split('\n')
    .map((line) => line.split('\t').map(toShownText).join('\t'))
    .join('\n')
}
