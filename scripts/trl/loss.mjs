// Draws the loss of a training by `python -m fusesearch_rl.sft_lora`: node scripts/trl/loss.mjs MODEL/log.jsonl OUT.svg
// Each point is the mean loss of a learned token over five updates.
import { readFileSync, writeFileSync } from 'node:fs'
import { drawCurve } from './curve.mjs'

const UPDATES = 5
const [log, out] = process.argv.slice(2)
if (out === undefined) {
  process.stderr.write('Usage: node scripts/trl/loss.mjs MODEL/log.jsonl OUT.svg\n')
  process.exit(2)
}
const losses = readFileSync(log, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line).loss)
const values = losses.slice(UPDATES - 1).map((_, first) => mean(losses.slice(first, first + UPDATES)))
const [begin, end] = [losses.slice(0, 2 * UPDATES), losses.slice(-2 * UPDATES)].map((some) => mean(some).toFixed(2))
const title = `mean loss of a learned token; first ten of ${losses.length} updates ${begin}, last ten ${end}`
writeFileSync(out, drawCurve({ values, most: 0.8, title }))

function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}
