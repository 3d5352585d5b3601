// A server in your own program, and a request to it.
import { startHttpServer } from 'fusesearch/serve'

const [root = '.'] = process.argv.slice(2)
const server = await startHttpServer({ roots: [root], port: 0, version: '1.0.0' })
try {
  const answer = await fetch(`${server.url}/v1/locate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ issue: 'Cart.apply_discount rounds the wrong way' }),
  })
  const { files } = (await answer.json()) as { files: { path: string }[] }
  console.log(`${answer.status}: ${files[0]?.path}`)
} finally {
  await server.close(1_000)
}
