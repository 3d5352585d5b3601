import { z } from 'zod'

/** Version of the folder's layout. */
export const RUN_VERSION = 1

const digest = z.string().min(1)

/** What makes two runs the same; a folder takes only one. */
const identitySchema = z.object({
  /** SHA-256 of the instances in the order in which they run. */
  instances: digest,
  /** Policies with their turns where these differ from the run's: `sequential@32`. */
  policies: z.array(z.string()).min(1),
  seed: z.number(),
  maxTurns: z.number(),
  maxBreadth: z.number(),
  deadlineMs: z.number().nullable(),
  /** What a call may show: a program's limits, or a model's. */
  limits: z.enum(['program', 'model']),
  /** Tools of the search where these are not the paper's three. */
  tools: z.array(z.string()).exactOptional(),
  includeTests: z.boolean(),
  /** Digest of the weights, where they are not the program's own. */
  weights: digest.exactOptional(),
  /** The model and how it is asked, where a policy asks one. */
  llm: z.record(z.string(), z.unknown()).exactOptional(),
  /** SHA-256 of the product's code. */
  build: digest,
})

const setupSchema = z.object({
  dataset: z.string(),
  datasetName: z.string(),
  instanceCount: z.number(),
  command: z.string(),
  version: z.string(),
  /** Commit of the product's checkout, `-dirty` behind it when changed; null outside one. */
  commit: z.string().nullable(),
  node: z.string(),
  rg: z.string().nullable(),
  /** In general words: cores, memory, system. */
  machine: z.string(),
  startedAt: z.string(),
})

const headerSchema = z.object({ version: z.literal(RUN_VERSION), identity: identitySchema, setup: setupSchema })

export type RunIdentity = Readonly<z.infer<typeof identitySchema>>
export type RunSetup = Readonly<z.infer<typeof setupSchema>>

/** `run.json`: what the run is. */
export interface RunHeader {
  readonly version: typeof RUN_VERSION
  readonly identity: RunIdentity
  readonly setup: RunSetup
}

/** Reads a header; null when the value is none of this version. */
export function parseHeader(value: unknown): RunHeader | null {
  const parsed = headerSchema.safeParse(value)
  return parsed.success ? parsed.data : null
}

/** The names of the fields in which two runs differ; empty when they are the same run. */
export function identityDifferences(found: RunIdentity, wanted: RunIdentity): string[] {
  return Object.keys(identitySchema.shape).filter((key) => {
    const name = key as keyof RunIdentity
    return JSON.stringify(found[name]) !== JSON.stringify(wanted[name])
  })
}
