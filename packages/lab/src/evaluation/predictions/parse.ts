import { FuseSearchError, readJsonLines } from 'fusesearch/core'
import { z } from 'zod'
import type { FunctionId, Prediction } from '../score.ts'

const functionSchema = z.union([z.string(), z.object({ path: z.string(), name: z.string() })])
/** LocAgent keeps one list for each sample; its merged output is flat. */
const listSchema = z.union([z.array(z.string()), z.array(z.array(z.string()))])

const lineSchema = z.union([
  z.object({ instance_id: z.string(), files: z.array(z.string()), functions: z.array(functionSchema).default([]) }),
  z.object({ instance_id: z.string(), found_files: listSchema, found_entities: listSchema.default([]) }),
])

/** Predictions by instance. In either form the lists are the answer and its ranking at once, best first. */
export type Predictions = ReadonlyMap<string, Prediction>

/**
 * Reads a predictions file. Two forms, a line each:
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
      const fact = line.ok ? 'has neither form' : `is not JSON (${line.message})`
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
  if (predictions.size === 0) throw bad(`${source} holds no prediction.`)
  return predictions
}

/** A prediction cut to its first `size` files and functions; Acc@k keeps the whole ranking. */
export function cutPrediction(prediction: Prediction, size: number): Prediction {
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
