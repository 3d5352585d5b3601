import { jsonBody, limitBody, Problem, readBody, toProblem } from 'fusesearch/serve'
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { describeApi, describeEnvironment, describeSchemas, ENVIRONMENT_NAME } from './describe.ts'
import { MAX_MESSAGE_BYTES } from './limits.ts'
import { answerRpc } from './mcp.ts'
import { resetSchema, WireError } from './messages.ts'
import { Session, type SessionServices } from './session.ts'
import type { Tasks } from './tasks.ts'

/** What the routes need. */
export interface AppOptions {
  readonly services: SessionServices
  readonly version: string
  /** Plays in a separate session if there is room. Throws CAPACITY_REACHED. */
  readonly inSession: <T>(work: (session: Session) => Promise<T>) => Promise<T>
  readonly onFailure: (error: unknown) => void
}

/** They contain nothing about datasets and repositories, so they need no token. */
export const OPEN_ROUTES: readonly string[] = ['/health', '/metadata', '/openapi.json', '/schema']

const STATUS_OF = { VALIDATION_ERROR: 422, CAPACITY_REACHED: 503 } as const

/** OpenEnv's HTTP routes and its Task API. Turns are played only on `/ws`. Access was checked before. */
export function createApp(options: AppOptions): Hono {
  const app = new Hono()
  app.use(async (context, next) => {
    context.header('Cache-Control', 'no-store')
    await next()
  })
  app.use(limitBody(MAX_MESSAGE_BYTES))
  addFacts(app, options)
  addSimulation(app, options)
  addTasks(app, options.services.tasks)
  app.notFound((context) => context.json({ error: { code: 'no-such-route', message: 'See /openapi.json.' } }, 404))
  app.onError((error, context) => {
    if (error instanceof WireError) {
      const status =
        error.code === 'VALIDATION_ERROR' || error.code === 'CAPACITY_REACHED' ? STATUS_OF[error.code] : 500
      return context.json({ error: { code: error.code, message: error.message, ...error.more } }, status)
    }
    const { details, status } = toProblem(error)
    if (status === 500) options.onFailure(error)
    return context.json({ error: details }, status)
  })
  return app
}

function addFacts(app: Hono, { services, version }: AppOptions): void {
  app.get('/health', (context) => context.json({ status: 'healthy' }))
  app.get('/metadata', (context) =>
    context.json({
      name: ENVIRONMENT_NAME,
      description: 'Find where a repository must change to resolve an issue, with sets of read-only calls a turn.',
      version,
    }),
  )
  app.get('/schema', (context) => context.json(describeSchemas()))
  app.get('/prompts', (context) => context.json(describeEnvironment(services.words, services.settings)))
  app.get('/openapi.json', (context) => context.json(describeApi(version)))
  // OpenEnv's rule: every request is answered with 200 and JSON-RPC.
  app.post('/mcp', async (context) => {
    const door = { tools: services.words.tools, call: undefined }
    return context.json(await answerRpc(await jsonBody(context, {}).catch(() => undefined), door))
  })
}

/** As in the reference, an HTTP request has no session, so it can get only the first observation. */
function addSimulation(app: Hono, { services, inSession }: AppOptions): void {
  app.post('/reset', async (context) => {
    const data = readBody(await jsonBody(context, {}), resetSchema)
    return inSession(async (session) => {
      const answer = await session.answer({ type: 'reset', data })
      return context.json(answer?.data ?? {})
    })
  })
  app.post('/step', () => {
    const message = 'A step needs a session. Connect to /ws, and send reset and step there.'
    throw new Problem(400, { code: 'needs-session', message })
  })
  app.get('/state', (context) => context.json(new Session(services).state()))
}

const splitBody = z.object({ split: z.string().default('') })
const taskBody = splitBody.extend({ index: z.int() })
const rangeBody = splitBody.extend({ start: z.int().nullish(), stop: z.int().nullish() })

function addTasks(app: Hono, tasks: Tasks): void {
  app.get('/list_environments', (context) => context.json([ENVIRONMENT_NAME]))
  app.get('/:environment/splits', (context) => {
    checkName(context)
    return context.json(tasks.splits().map((name) => ({ name, type: typeOf(name) })))
  })
  app.post('/:environment/tasks', async (context) => {
    const { split } = await readTaskBody(context, splitBody, tasks)
    return context.json({ tasks: tasks.range(split), env_name: ENVIRONMENT_NAME })
  })
  app.post('/:environment/num_tasks', async (context) => {
    const { split } = await readTaskBody(context, splitBody, tasks)
    return context.json({ num_tasks: tasks.count(split) ?? 0 })
  })
  app.post('/:environment/task', async (context) => {
    const { split, index } = await readTaskBody(context, taskBody, tasks)
    const task = tasks.task(split, index)
    if (task === undefined) {
      const message = `The index ${index} is out of range: ${split} has ${tasks.count(split)} tasks.`
      throw new Problem(400, { code: 'bad-index', message })
    }
    return context.json({ task: task.spec })
  })
  app.post('/:environment/task_range', async (context) => {
    const { split, start, stop } = await readTaskBody(context, rangeBody, tasks)
    return context.json({ tasks: tasks.range(split, start, stop) })
  })
}

/** The split types of ORS. */
function typeOf(split: string): string {
  if (/^train/i.test(split)) return 'train'
  return /^test/i.test(split) ? 'test' : 'validation'
}

function checkName(context: Context): void {
  const name = context.req.param('environment') ?? ''
  if (name.toLowerCase() === ENVIRONMENT_NAME) return
  const message = `There is no environment "${name.slice(0, 100)}". There is ${ENVIRONMENT_NAME}.`
  throw new Problem(404, { code: 'no-such-environment', message })
}

async function readTaskBody<T extends typeof splitBody>(
  context: Context,
  schema: T,
  tasks: Tasks,
): Promise<z.infer<T>> {
  checkName(context)
  const body = readBody(await jsonBody(context, {}), schema)
  const split = body.split === '' ? (tasks.splits()[0] ?? '') : body.split
  if (tasks.count(split) !== undefined) return { ...body, split }
  const message = `There is no split "${split.slice(0, 100)}". There is ${tasks.splits().join(', ')}.`
  throw new Problem(400, { code: 'no-such-split', message })
}
