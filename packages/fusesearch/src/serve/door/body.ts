import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { z } from 'zod'
import { Problem } from './problem.ts'

const MAX_SHOWN_PROBLEM = 1_000

/** Refuses a larger body with 413, whether or not the request declares its length. */
export function limitBody(maxBytes: number): MiddlewareHandler {
  return bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      const message = `The body is larger than ${maxBytes} bytes. Send less.`
      throw new Problem(413, { code: 'body-too-large', message })
    },
  })
}

/**
 * The JSON value of a request's body. `emptyAs` replaces an empty body, for servers that accept one.
 * Throws a problem: 415 if the header doesn't say JSON, 400 if the body isn't JSON.
 */
export async function jsonBody(context: Context, emptyAs?: object): Promise<unknown> {
  // A page of another site can send text and forms without a preflight request, but not JSON.
  if (!/^application\/json\s*(?:;|$)/i.test(context.req.header('content-type') ?? '')) {
    throw new Problem(415, { code: 'not-json', message: 'Send JSON with the header Content-Type: application/json.' })
  }
  const text = await context.req.text()
  if (text === '' && emptyAs !== undefined) return emptyAs
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem(400, { code: 'bad-json', message: 'The body is not JSON. See /openapi.json.' })
  }
}

/** Validates a body by its schema. Throws a problem with status 400 that names each invalid field. */
export function readBody<T extends z.ZodType>(body: unknown, schema: T): z.infer<T> {
  const checked = schema.safeParse(body)
  if (checked.success) return checked.data
  const issues = checked.error.issues
    .map(({ path, message }) => `${path.join('.') || 'body'}: ${plainProblem(message)}`)
    .join('; ')
  throw new Problem(400, { code: 'bad-request', message: `${issues.slice(0, MAX_SHOWN_PROBLEM)}. See /openapi.json.` })
}

/** The schema library's message without its jargon. */
function plainProblem(message: string): string {
  return message.replace(/^Invalid input: (?:expected .*, received undefined$)?/, '') || 'is missing'
}
