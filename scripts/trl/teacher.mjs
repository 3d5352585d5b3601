// A teacher without a model: a scripted endpoint that searches the repositories of scripts/environment/worlds.mjs in
// four manners, one for each seed. Two of them are worth learning from; the filters are there to tell.
import { startScriptedServer } from 'fusesearch/models'

/** Runs of an instance that show every manner once. */
export const MANNERS = 4

/** Starts the endpoint; rollouts ask it as `--policy llm --model teacher --base-url URL/v1`. */
export function startTeacher() {
  return startScriptedServer({ models: ['teacher'], script: replyTo })
}

function replyTo({ turn, body }) {
  const [, folder] = /Core\.mend of (\w+) gives/.exec(JSON.stringify(body.messages))
  const plan = PLANS[body.seed % MANNERS](folder)
  return { calls: plan[Math.min(turn, plan.length - 1)] }
}

const grep = (pattern) => ({ name: 'grep', arguments: { pattern } })
const list = (folder) => ({ name: 'glob', arguments: { patterns: [`${folder}/*`] } })
const read = (path) => ({ name: 'read_file', arguments: { path } })
const answer = (path, name) => ({ name: 'answer', arguments: { files: [{ path, functions: [{ name }] }] } })

const PLANS = [
  // Looks for the definition and reads it.
  (folder) => [
    [grep('def mend'), list(folder)],
    [read(`${folder}/core.py`)],
    [answer(`${folder}/core.py`, 'Core.mend')],
  ],
  // Knows after one turn.
  (folder) => [[grep('def mend'), grep('class Core')], [answer(`${folder}/core.py`, 'Core.mend')]],
  // Finds it too, and asks the same again and again: e is low.
  (folder) => [
    [grep('def mend'), grep('mend'), grep('def mend')],
    [grep('mend'), grep('class Core')],
    [answer(`${folder}/core.py`, 'Core.mend')],
  ],
  // Takes the neighbour for it: F1 is low.
  (folder) => [[list(folder)], [read(`${folder}/core.py`)], [answer(`${folder}/core.py`, 'spare')]],
]
