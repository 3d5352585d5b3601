// Your own policy: each turn it returns calls, and finally an answer. It never touches the repository.
import { type Answer, locate, type Observation, type Policy } from 'fusesearch'

const greedy: Policy = {
  name: 'greedy',
  start: ({ issue }) => {
    const names = [...new Set(issue.match(/[A-Za-z_]{5,}/g) ?? [])].slice(0, 8)
    const answerFrom = (observations: readonly Observation[]): Answer => {
      const paths = observations
        .flatMap((seen) => (seen.ok && 'files' in seen ? seen.files : []))
        .map(({ path }) => path)
      const best = [...new Set(paths)].map((path) => ({ path, score: paths.filter((other) => other === path).length }))
      const ranked = best.sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1)).slice(0, 10)
      const files = ranked.slice(0, 1).map((file) => ({ ...file, functions: [], evidence: [] }))
      return { files, candidates: { files: ranked, functions: [] }, confidence: ranked.length > 0 ? 0.5 : 0 }
    }
    return {
      async next({ past, mustAnswer }) {
        const seen = past.flatMap(({ observations }) => observations)
        if (mustAnswer || past.length > 0) return { kind: 'answer', answer: answerFrom(seen) }
        return {
          kind: 'calls',
          calls: names.map((pattern) => ({ tool: 'grep', arguments: { pattern, literal: true } })),
        }
      },
      answerNow: ({ past }) => answerFrom(past.flatMap(({ observations }) => observations)),
    }
  },
}

const [repository = '.', issue = 'Cart.apply_discount rounds the wrong way'] = process.argv.slice(2)
const { files, stats } = await locate({ repository, issue, policy: greedy })
console.log(`${files[0]?.path ?? 'nothing'} after ${stats.calls} calls`)
