// A long-lived program that searches several repositories many times.
import { createEmbeddedPolicy, createWorkspace } from 'fusesearch'

const repositories = process.argv.length > 2 ? process.argv.slice(2) : ['.']
const workspaces = repositories.map((repository) => createWorkspace({ repository }))

try {
  const issue = 'Cart.apply_discount rounds the wrong way'
  const policy = createEmbeddedPolicy()
  const results = await Promise.all(workspaces.map((workspace) => workspace.locate({ issue, policy })))
  for (const [index, { files }] of results.entries()) {
    console.log(`repository ${index + 1}: ${files.map(({ path }) => path).join(', ') || 'nothing'}`)
  }

  // Your own calls: they run together, and a failed one returns its error in place of a result.
  for (const workspace of workspaces) {
    const observations = await workspace.search([
      { tool: 'glob', arguments: { patterns: ['**/*.py'] } },
      { tool: 'grep', arguments: { pattern: 'def total', mode: 'paths' } },
      { tool: 'grep', arguments: { pattern: '(' } },
    ])
    for (const seen of observations) console.log(seen.ok ? `${seen.tool}: ok` : `${seen.tool}: ${seen.code}`)
  }
} finally {
  await Promise.all(workspaces.map((workspace) => workspace.close()))
}
