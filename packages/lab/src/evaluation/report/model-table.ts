import type { ModelSummary } from '../metrics/model-use.ts'

/** A policy and what its model cost; null for one that asked none. */
export interface ModelRow {
  readonly name: string
  readonly model: ModelSummary | null
}

export const MODEL_HEAD: readonly string[] =
  'policy|instances|requests|tokens in|of them cached|tokens out|cost|ms of the model'.split('|')

/** What is said beside the table. */
export const MODEL_NOTE =
  'What the model of a policy cost, a mean over the instances that asked one and ran. A ~ marks tokens that are estimated in part, since the endpoint does not say them.'

/** The rows of the policies that asked a model; none where no policy did. */
export function modelRows(policies: readonly ModelRow[]): readonly (readonly string[])[] {
  return policies.flatMap(({ name, model }) => {
    if (model === null) return []
    const about = model.estimated > 0 ? '~' : ''
    const tokens = (value: number | null): string => (value === null ? '–' : `${about}${value}`)
    const others = [model.cost === null ? '–' : String(model.cost), model.ms === null ? '–' : model.ms.toFixed(0)]
    return [
      [name, String(model.n), model.requests === null ? '–' : String(model.requests)].concat(
        [tokens(model.inputTokens), model.cachedTokens === null ? '–' : String(model.cachedTokens)],
        [tokens(model.outputTokens), ...others],
      ),
    ]
  })
}
