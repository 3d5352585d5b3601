// Follow a search by its events, with two time limits.
import { createEmbeddedPolicy, locateEvents } from 'fusesearch'

const [repository = '.', issue = 'Cart.apply_discount rounds the wrong way'] = process.argv.slice(2)

const events = locateEvents({
  repository,
  issue,
  policy: createEmbeddedPolicy(),
  // After ten seconds it returns the best answer so far; after twenty it is aborted.
  budget: { deadlineMs: 10_000 },
  signal: AbortSignal.timeout(20_000),
})

for await (const event of events) {
  switch (event.kind) {
    case 'turn-decided':
      console.log(`turn ${event.turn}: ${event.calls.map(({ tool }) => tool).join(', ')}`)
      break
    case 'turn-finished':
      console.log(`  shown: ${event.turn.bytes > 0 ? 'something' : 'nothing'}`)
      break
    case 'located':
      console.log(`found: ${event.result.files.map(({ path }) => path).join(', ')}`)
      break
    case 'started':
    case 'answered':
  }
}
