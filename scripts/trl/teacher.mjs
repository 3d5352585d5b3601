// A teacher without a model: a scripted endpoint that searches the repositories of scripts/environment/worlds.mjs in
// four ways, one for each seed. Two of them are worth learning; the filters must distinguish them.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'

/** Runs of an instance that show every way once. */
export const MANNERS = 4

/** Starts the endpoint on a free port; rollouts use it as `--policy llm --model teacher --base-url URL/v1`. */
export async function startTeacher() {
  const server = createServer(async (request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(replyTo(await json(request))))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** A chat completion in one piece, which the client also accepts when it asked for a stream. */
function replyTo({ messages, seed }) {
  const [, folder] = /Core\.mend of (\w+) gives/.exec(JSON.stringify(messages))
  const plan = PLANS[seed % MANNERS](folder)
  const turn = messages.filter(({ role }) => role === 'assistant').length
  const calls = plan[Math.min(turn, plan.length - 1)]
  const tool_calls = calls.map((call, index) => ({ id: `call_${turn}_${index}`, type: 'function', function: call }))
  return {
    choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls }, finish_reason: 'tool_calls' }],
    usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
  }
}

const call = (name, given) => ({ name, arguments: JSON.stringify(given) })
const grep = (pattern) => call('grep', { pattern })
const list = (folder) => call('glob', { patterns: [`${folder}/*`] })
const read = (path) => call('read_file', { path })
const answer = (path, name) => call('answer', { files: [{ path, functions: [{ name }] }] })

const PLANS = [
  // Finds the definition and reads it.
  (folder) => [
    [grep('def mend'), list(folder)],
    [read(`${folder}/core.py`)],
    [answer(`${folder}/core.py`, 'Core.mend')],
  ],
  // Knows the answer after one turn.
  (folder) => [[grep('def mend'), grep('class Core')], [answer(`${folder}/core.py`, 'Core.mend')]],
  // Finds it too, but repeats the same calls: e is low.
  (folder) => [
    [grep('def mend'), grep('mend'), grep('def mend')],
    [grep('mend'), grep('class Core')],
    [answer(`${folder}/core.py`, 'Core.mend')],
  ],
  // Confuses it with its neighbour: F1 is low.
  (folder) => [[list(folder)], [read(`${folder}/core.py`)], [answer(`${folder}/core.py`, 'spare')]],
]
