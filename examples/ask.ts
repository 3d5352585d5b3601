// A question, a name, and code that fits a token budget.
import { ask, findSymbols, findUsages, readSnippets, snippetMarkdown } from 'fusesearch/ask'

const [repository = '.', question = 'Where is a discount applied?'] = process.argv.slice(2)

// A reading list, best first. Each place includes its code; `tokens: 0` leaves it out.
const { places } = await ask({ repository, question, limit: 3, tokens: 1_000 })
for (const { path, startLine, endLine, name, reason } of places) {
  console.log(`${path}:${startLine}-${endLine} ${name} (${reason})`)
}

// Where the name of the best place is defined and used, in the current files.
const name = places[0]?.name ?? 'main'
const { symbols } = await findSymbols({ repository, name })
const { usages, counts } = await findUsages({ repository, name })
console.log(`${symbols.length} definitions, ${usages.length} uses, ${counts.comment} comments`)

// The code itself: whole definitions if they fit, otherwise their beginnings.
const { snippets, tokens } = await readSnippets({ repository }, symbols, 200)
console.log(snippets.map(snippetMarkdown).join(''))
console.log(`${tokens} tokens`)
