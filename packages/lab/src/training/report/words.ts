import type { Gain, TrainingSummary } from './summary.ts'

/** A share as percent. */
export function percent(share: number): string {
  return (100 * share).toFixed(1)
}

/** A gain as a row under {@link GAIN_HEAD}. */
export function gainRow({ name, n, before, after, mean, low, high, verdict }: Gain): readonly string[] {
  if (n === 0) return [name, '0', '–', '–', '–', 'no sample has a value']
  const format = FORMATS[name]
  const signed = (value: number): string => `${value > 0 ? '+' : ''}${format(value)}`
  const interval = `${signed(mean)} [${signed(low)}, ${signed(high)}]`
  return [name, String(n), format(before), format(after), interval, VERDICTS[verdict]]
}

const FORMATS: Readonly<Record<Gain['name'], (value: number) => string>> = {
  reward: (value) => value.toFixed(3),
  'file F1': percent,
  'function F1': percent,
  e: percent,
  calls: (value) => value.toFixed(1),
  bytes: (value) => value.toFixed(0),
}

const VERDICTS: Readonly<Record<Gain['verdict'], string>> = {
  better: 'better',
  worse: 'worse',
  open: 'no difference that can be told',
}

export const GAIN_HEAD = ['held out', 'n', 'before', 'trained', 'difference, 95% interval', '']

/** What is better and what isn't, in words. */
export function describeGains({ gains, hand, trained }: TrainingSummary): string[] {
  const list = (verdict: Gain['verdict']): string =>
    gains
      .filter((gain) => gain.verdict === verdict)
      .map(({ name }) => name)
      .join(', ')
  const parts = [
    ['Better than before', list('better')],
    ['Worse', list('worse')],
    ['No difference that these samples can tell', list('open')],
  ]
  const verdicts = parts.map(([name = '', measures = '']) => `${name}: ${measures === '' ? 'nothing' : measures}.`)
  return [verdicts.join(' '), describeBreadth(hand.breadth, trained.breadth), describeBudget(gains)]
}

function describeBreadth(before: readonly number[], after: readonly number[]): string {
  return `Calls by turn: ${turnsOf(before)} before; ${turnsOf(after)} trained, ${fallOf(after)}.`
}

function turnsOf(breadth: readonly number[]): string {
  return breadth.map((calls) => calls.toFixed(1)).join(', ')
}

function fallOf(breadth: readonly number[]): string {
  const rise = breadth.findIndex((calls, index) => index > 0 && calls > (breadth[index - 1] ?? 0))
  return rise < 0 ? 'never wider than the turn before' : `wider again in turn ${rise + 1}`
}

/** e is only compared at about equal calls and bytes: padding raises it. */
function describeBudget(gains: readonly Gain[]): string {
  const away = gains.filter(({ name }) => name === 'calls' || name === 'bytes').map(changeOf)
  const isEqual = away.every(({ share }) => Math.abs(share) <= 0.1)
  const changes = away.map(({ name, share }) => `${name} ${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)}%`)
  const verdict = isEqual ? 'within 10%, so that e may be compared' : 'more than 10% apart, so e says little by itself'
  return `Spent: ${changes.join(', ')}; ${verdict}.`
}

function changeOf({ name, before, after }: Gain): { readonly name: string; readonly share: number } {
  return { name, share: before === 0 ? 0 : after / before - 1 }
}
