import { FuseSearchError, readJsonLines } from 'fusesearch/core'
import { z } from 'zod'
import { type LevelSummary, SUBSETS, type Subset, summarizeScores } from './metrics/quality.ts'
import type { RowGold } from './row.ts'
import { EMPTY_PREDICTION, type FunctionId, type Prediction, scorePrediction } from './score.ts'

const functionSchema = z.union([z.string(), z.object({ path: z.string(), name: z.string() })])
/** LocAgent writes a list for each sample; its merged output is one flat list. */
const listSchema = z.union([z.array(z.string()), z.array(z.array(z.string()))])

const lineSchema = z.union([
  z.object({ instance_id: z.string(), files: z.array(z.string()), functions: z.array(functionSchema).default([]) }),
  z.object({ instance_id: z.string(), found_files: listSchema, found_entities: listSchema.default([]) }),
])

/** Predictions by instance. The lists, best first, are both the answer and its ranking. */
export type Predictions = ReadonlyMap<string, Prediction>

/**
 * Reads a predictions file. Two formats, one line per instance:
 * `{"instance_id", "files": ["a/b.py"], "functions": [{"path", "name"} or "a/b.py:Class.method"]}`, and LocAgent's
 * `{"instance_id", "found_files", "found_entities": ["a/b.py:Class.method"]}`, of which nested lists give their first
 * sample. An entity without a colon names a file and is no function.
 * Throws FuseSearchError `bad-predictions`, naming the line.
 */
export function parsePredictions(text: string, source: string): Predictions {
  const predictions = new Map<string, Prediction>()
  for (const line of readJsonLines(text)) {
    const parsed = line.ok ? lineSchema.safeParse(line.value) : null
    if (parsed === null || !parsed.success) {
      const fact = line.ok ? 'has neither format' : `isn't JSON (${line.message})`
      throw bad(`${source}, line ${line.line}, ${fact}.`)
    }
    const { instance_id: id } = parsed.data
    if (predictions.has(id))
      throw bad(`${source}, line ${line.line}, predicts ${id} a second time. Keep one line for each instance.`)
    const lists = 'files' in parsed.data ? parsed.data : locAgentLists(parsed.data)
    const sets = {
      files: unique(lists.files.map(cleanPath)),
      functions: uniqueFunctions(lists.functions.flatMap(toFunction)),
    }
    predictions.set(id, { ...sets, ranking: sets })
  }
  if (predictions.size === 0) throw bad(`${source} has no predictions.`)
  return predictions
}

/** A prediction cut to its first `size` files and functions; its ranking, for Acc@k, stays whole. */
function cutPrediction(prediction: Prediction, size: number): Prediction {
  return { ...prediction, files: prediction.files.slice(0, size), functions: prediction.functions.slice(0, size) }
}

function locAgentLists(line: { found_files: string[] | string[][]; found_entities: string[] | string[][] }): {
  files: string[]
  functions: string[]
} {
  return { files: firstSample(line.found_files), functions: firstSample(line.found_entities) }
}

function firstSample(list: string[] | string[][]): string[] {
  const [first] = list
  return Array.isArray(first) ? first : list.filter((entry) => typeof entry === 'string')
}

function toFunction(entry: string | FunctionId): FunctionId[] {
  if (typeof entry !== 'string') return [{ path: cleanPath(entry.path), name: entry.name }]
  const colon = entry.indexOf(':')
  return colon < 0 ? [] : [{ path: cleanPath(entry.slice(0, colon)), name: entry.slice(colon + 1).trim() }]
}

function cleanPath(path: string): string {
  return path.trim().replace(/^\.\//, '')
}

function unique(entries: readonly string[]): string[] {
  return [...new Set(entries)]
}

function uniqueFunctions(functions: readonly FunctionId[]): FunctionId[] {
  return [...new Map(functions.map((entry) => [`${entry.path}\n${entry.name}`, entry])).values()]
}

function bad(fact: string): FuseSearchError {
  const form = '{"instance_id": "…", "files": ["a/b.py"], "functions": [{"path": "a/b.py", "name": "Class.method"}]}'
  return new FuseSearchError(
    `${fact} Each line must be like ${form}, or LocAgent's with found_files and found_entities.`,
    {
      code: 'bad-predictions',
    },
  )
}

/** An instance with its gold. */
export interface ScoredInstance {
  readonly id: string
  readonly gold: RowGold
}

/** The score of the predictions cut to `size` entries over one subset; `size` null is the whole lists. */
interface CutScore {
  readonly size: number | null
  readonly subset: Subset
  readonly instances: number
  readonly file: LevelSummary
  readonly function: LevelSummary
}

/** The object of `fusesearch score --json`. Percentages have one decimal. */
export interface PredictionsScore {
  readonly version: 1
  readonly instances: number
  /** Instances without a prediction; they count as zero. */
  readonly missing: readonly string[]
  readonly scores: readonly CutScore[]
}

const SIZES: readonly (number | null)[] = [null, 1, 2, 3]
/** Number of wrong names that a message shows. */
const SHOWN_IDS = 5

/**
 * Scores another system's predictions with the same definition as our runs: whole, and cut to 1, 2 and 3 entries.
 * Throws FuseSearchError `bad-predictions` for ids that the dataset doesn't have.
 */
export function scorePredictions(instances: readonly ScoredInstance[], predictions: Predictions): PredictionsScore {
  refuseUnknown(instances, predictions)
  const missing = instances.filter(({ id }) => !predictions.has(id)).map(({ id }) => id)
  const scores = SIZES.flatMap((size) =>
    SUBSETS.map((subset): CutScore => {
      const own = subset === 'all' ? instances : instances.filter(({ gold }) => gold.kept)
      const scored = own.map(({ id, gold }) => {
        const prediction = predictions.get(id) ?? EMPTY_PREDICTION
        return scorePrediction(size === null ? prediction : cutPrediction(prediction, size), gold)
      })
      return {
        size,
        subset,
        instances: own.length,
        file: summarizeScores(scored.map(({ file }) => file)),
        function: summarizeScores(scored.map((score) => score.function)),
      }
    }),
  )
  return { version: 1, instances: instances.length, missing, scores }
}

/** Throws FuseSearchError `bad-predictions` if predictions name instances that the dataset doesn't have. */
export function refuseUnknown(instances: readonly { readonly id: string }[], predictions: Predictions): void {
  const known = new Set(instances.map(({ id }) => id))
  const unknown = [...predictions.keys()].filter((id) => !known.has(id))
  if (unknown.length === 0) return
  const shown = unknown.slice(0, SHOWN_IDS).join(', ')
  const more = unknown.length > SHOWN_IDS ? ` and ${unknown.length - SHOWN_IDS} more` : ''
  throw new FuseSearchError(
    `The predictions name ${unknown.length} instances that the dataset doesn't have: ${shown}${more}. Give the dataset for which they were made, or remove these lines.`,
    { code: 'bad-predictions' },
  )
}
