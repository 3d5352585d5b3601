import { UNSEEN } from 'fusesearch/core'

/** Text of a repository as the page shows it: what can't be seen appears as escapes. Tabs and line ends stay. */
export function shownText(text: string): string {
  return text.replace(UNSEEN, (character) =>
    character === '\t' || character === '\n'
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
