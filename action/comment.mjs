/** Marks our comment, so that it is updated and not written again. */
export const MARK = '<!-- fusesearch-action -->'

const MAX_FUNCTIONS = 5
const MAX_TEXT = 200

/**
 * The comment for what `locate --json` gave: files, functions and lines as links to `page` at `commit`. Paths and names
 * come from the repository and stand in code, where nothing of Markdown works and nobody is called.
 */
export function renderComment({ confidence, files }, { page, commit, maxFiles }) {
  const rows = files.slice(0, maxFiles).flatMap((file) => [
    `- ${link(file.path, addressOf(file.path, firstPlace(file), { page, commit }))}`,
    ...file.functions.slice(0, MAX_FUNCTIONS).map((named) => {
      const lines = `lines ${named.startLine}–${named.endLine}`
      return `  - ${link(named.name, addressOf(file.path, named, { page, commit }))}, ${lines}`
    }),
    ...file.evidence.slice(0, 1).map(({ reason }) => `  - ${code(reason)}`),
  ])
  return [
    MARK,
    `**Where the code may have to change** (confidence ${Math.round(100 * confidence)}%, at ${code(commit.slice(0, 10))}):`,
    '',
    ...rows,
    '',
    'Found by a search of the code for what the issue says; a fix may need other places too.',
  ].join('\n')
}

function firstPlace({ functions, evidence }) {
  return functions[0] ?? evidence[0]
}

function addressOf(path, place, { page, commit }) {
  const encoded = path.split('/').map(encodeURIComponent).join('/').replaceAll(/[()]/g, escape)
  const lines = place === undefined || place.startLine < 1 ? '' : `#L${place.startLine}-L${place.endLine}`
  return `${page}/blob/${commit}/${encoded}${lines}`
}

/** `encodeURIComponent` leaves them, and they would end the address of a link. */
function escape(character) {
  return `%${character.charCodeAt(0).toString(16)}`
}

function link(text, address) {
  return `[${code(text)}](${address})`
}

/** Code between more backticks than the text has in a row. */
function code(text) {
  const shown = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ').slice(0, MAX_TEXT)
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const pad = longest > 0 ? ' ' : ''
  return `${fence}${pad}${shown}${pad}${fence}`
}
