import type { EvaluationData, ShownInstance, ShownLevel, ShownOutcome, ShownSubset } from 'fusesearch/view'

/** The reader's choices. */
export interface Choices {
  readonly level: ShownLevel
  readonly subset: ShownSubset
  /** The indices of the policies to compare; equal ones compare nothing. */
  readonly a: number
  readonly b: number
  readonly cost: Cost
  readonly filter: Filter
}

/** Properties of a part of the page. */
export interface PartProps {
  readonly data: EvaluationData
  readonly choices: Choices
}

/** A part that changes the choices. */
export interface ChoosingProps extends PartProps {
  readonly choose: (change: Partial<Choices>) => void
}

/** Opens the page of an instance; null goes back to the report. */
export type Open = (instance: ShownInstance | null) => void

/** The choices with some of the filter changed. */
export function withFilter({ filter }: Choices, change: Partial<Filter>): Pick<Choices, 'filter'> {
  return { filter: { ...filter, ...change } }
}

/** Empty texts match everything. */
export interface Filter {
  readonly text: string
  readonly repository: string
  readonly language: string
  readonly kind: string
  readonly outcome: OutcomeName
}

export const NO_FILTER: Filter = { text: '', repository: '', language: '', kind: '', outcome: 'any' }

/** The outcome of the search of A, or of both. */
export const OUTCOMES = {
  any: 'any',
  changed: 'A and B differ',
  better: 'A better than B',
  worse: 'A worse than B',
  wrong: 'A: nothing right',
  perfect: 'A: everything right',
  failed: 'a search failed',
} as const
export type OutcomeName = keyof typeof OUTCOMES

/** The cost of a search; `tokens` only with a model. */
export const COSTS = { calls: 'calls', seconds: 'seconds', tokens: 'tokens', turns: 'turns' } as const
export type Cost = keyof typeof COSTS

export function costOf(outcome: ShownOutcome, cost: Cost): number | null {
  if (outcome.error !== null) return null
  return cost === 'seconds' ? outcome.ms / 1_000 : cost === 'tokens' ? outcome.tokens : outcome[cost]
}

/** F1 of a policy at a level, in [0, 1]; null if it didn't run, or without gold. */
export function f1Of({ outcomes }: ShownInstance, policy: number, level: ShownLevel): number | null {
  const outcome = outcomes[policy]
  if (outcome == null) return null
  return level === 'file' ? outcome.fileF1 : outcome.functionF1
}

/** F1 of A minus that of B; null unless both have one. */
export function changeOf(instance: ShownInstance, { a, b, level }: Choices): number | null {
  const [first, second] = [f1Of(instance, a, level), f1Of(instance, b, level)]
  return first === null || second === null ? null : first - second
}

/** The instances that match the choices. */
export function shownInstances({ instances }: EvaluationData, choices: Choices): readonly ShownInstance[] {
  const { filter, subset } = choices
  const text = filter.text.trim().toLowerCase()
  return instances.filter(
    (instance) =>
      (subset === 'all' || instance.isKept) &&
      (text === '' || `${instance.id}\n${instance.repository}`.toLowerCase().includes(text)) &&
      (filter.repository === '' || instance.repository === filter.repository) &&
      (filter.language === '' || instance.language === filter.language) &&
      (filter.kind === '' || instance.kinds.includes(filter.kind)) &&
      hasOutcome(instance, choices),
  )
}

function hasOutcome(instance: ShownInstance, choices: Choices): boolean {
  const f1 = f1Of(instance, choices.a, choices.level)
  const change = changeOf(instance, choices) ?? 0
  switch (choices.filter.outcome) {
    case 'any':
      return true
    case 'changed':
      return change !== 0
    case 'better':
      return change > 0
    case 'worse':
      return change < 0
    case 'wrong':
      return f1 === 0
    case 'perfect':
      return f1 === 1
    case 'failed':
      return instance.outcomes.some((outcome) => outcome?.error != null)
  }
}

/** A column of the table: the values of its cells; null is last in both sort orders. */
export interface Column {
  readonly key: string
  readonly title: string
  readonly valueOf: (instance: ShownInstance) => string | number | null
}

export interface Order {
  readonly key: string
  readonly isDescending: boolean
}

/** Sorted by a column; equal ones stay in the order of the dataset. */
export function inOrder(
  instances: readonly ShownInstance[],
  { isDescending }: Order,
  { valueOf }: Column,
): readonly ShownInstance[] {
  const way = isDescending ? -1 : 1
  const keyed = instances.map((instance) => ({ instance, value: valueOf(instance) }))
  keyed.sort((x, y) => {
    if (x.value === y.value) return 0
    if (x.value === null) return 1
    if (y.value === null) return -1
    return (x.value < y.value ? -1 : 1) * way
  })
  return keyed.map(({ instance }) => instance)
}

/** Mean F1 of a policy over instances, in percent; null if none has gold. */
export function meanF1(instances: readonly ShownInstance[], policy: number, level: ShownLevel): number | null {
  return meanOf(
    instances.flatMap((instance) => f1Of(instance, policy, level) ?? []),
    100,
  )
}

export function meanCost(instances: readonly ShownInstance[], policy: number, cost: Cost): number | null {
  return meanOf(
    instances.flatMap(({ outcomes }) => {
      const outcome = outcomes[policy]
      return outcome == null ? [] : (costOf(outcome, cost) ?? [])
    }),
  )
}

function meanOf(values: readonly number[], scale = 1): number | null {
  return values.length === 0 ? null : (scale * values.reduce((sum, value) => sum + value, 0)) / values.length
}
