import type { Context } from 'hono'
import type { z } from 'zod'
import { Problem } from './problem.ts'

const MAX_SHOWN_PROBLEM = 1_000

/** The body of a request as its schema has it. Throws a problem: 415 for what isn't JSON by its header, 400 for the rest. */
export async function readBody<T extends z.ZodType>(context: Context, schema: T): Promise<z.infer<T>> {
  // A page of another site can send text and forms without asking, but not this.
  if (!/^application\/json\s*(?:;|$)/i.test(context.req.header('content-type') ?? '')) {
    throw new Problem(415, { code: 'not-json', message: 'Send JSON with the header Content-Type: application/json.' })
  }
  const checked = schema.safeParse(parse(await context.req.text()))
  if (checked.success) return checked.data
  const issues = checked.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; ')
  throw new Problem(400, { code: 'bad-request', message: `${issues.slice(0, MAX_SHOWN_PROBLEM)}. See /openapi.json.` })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem(400, { code: 'bad-json', message: 'The body is not JSON. See /openapi.json.' })
  }
}
