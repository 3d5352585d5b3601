import { MARK } from './comment.mjs'

const PAGE = 100
/** Comments beyond which ours is not looked for. */
const MAX_PAGES = 10
const TIMEOUT_MS = 30_000

/**
 * Writes the comment of an issue, or updates ours. Returns what was done, in a sentence.
 * Throws for an answer that is no success, naming the request and the permission that it needs.
 */
export async function writeComment(api, issue, body) {
  const own = await findOwn(api, issue)
  if (own === undefined) {
    await request(api, `POST issues/${issue}/comments`, { body })
    return 'Commented.'
  }
  if (own.body === body) return 'The comment says it already.'
  await request(api, `PATCH issues/comments/${own.id}`, { body })
  return 'Updated the comment.'
}

/** Anyone may write our mark; only a bot's comment counts. */
async function findOwn(api, issue) {
  for (let page = 1; page <= MAX_PAGES; page++) {
    const comments = await request(api, `GET issues/${issue}/comments?per_page=${PAGE}&page=${page}`)
    const own = comments.find(({ body, user }) => user?.type === 'Bot' && body?.startsWith(MARK))
    if (own !== undefined) return own
    if (comments.length < PAGE) return undefined
  }
  return undefined
}

async function request({ url, repository, token }, asked, content) {
  const [method, path] = asked.split(' ')
  const response = await fetch(`${url}/repos/${repository}/${path}`, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token}`,
      'x-github-api-version': '2022-11-28',
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(content === undefined ? {} : { body: JSON.stringify(content) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (response.ok) return response.json()
  const needed = method === 'GET' ? 'issues: read' : 'issues: write'
  throw new Error(`${asked} was answered with ${response.status}. The job needs the permission ${needed}.`)
}
