import { UNSEEN } from 'fusesearch/core'

/** Text of a repository for the page: invisible characters appear as escapes. Tabs and line ends stay. */
export function shownText(text: string): string {
  return text.replace(UNSEEN, (character) =>
    character === '\t' || character === '\n'
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
