// Sends one request of a soak run and checks how it ended.
import { request as openRequest } from 'node:http'
import { connect } from 'node:net'
import { showsCanary } from './tree.mjs'

/**
 * After this time a request counts as unanswered; the servers' own limits are shorter or return the best answer so far.
 */
const ANSWER_MS = 60_000
const RAW_MS = 300
const CROSSED = 'kept connection closed'

/** How it ended: `answered`, `left` (the client disconnected, as drawn) or `wrong` with the reason. */
export async function send(request, { url, agent }) {
  const started = performance.now()
  const sendOnce = () => (request.raw === undefined ? sendHttp(request, { url, agent }) : sendRaw(request, url))
  const first = await sendOnce()
  const sent = first.failure === CROSSED ? await sendOnce() : first
  const ended = { ...sent, ms: Math.round(performance.now() - started) }
  if (showsCanary(ended.text)) return { ...ended, end: 'wrong', fact: 'the answer shows the canary' }
  return { ...ended, ...judge(request, ended) }
}

function judge(request, { text, status, failure, hasLeft, ms }) {
  if (hasLeft) return { end: 'left' }
  if (failure !== undefined) {
    return request.mayBeCut && failure !== 'timeout'
      ? { end: 'answered' }
      : { end: 'wrong', fact: `no answer: ${failure}` }
  }
  if (request.statuses === undefined) return { end: 'answered' }
  if (!request.statuses.includes(status)) return { end: 'wrong', fact: `status ${status}: ${text.slice(0, 200)}` }
  if (ms > (request.withinMs ?? ANSWER_MS))
    return { end: 'wrong', fact: `an answer after ${ms} ms: ${request.body.slice(0, 200)}` }
  if (request.mustShow !== undefined && !text.includes(request.mustShow)) {
    return { end: 'wrong', fact: `an answer without ${request.mustShow}: ${text.slice(0, 200)}` }
  }
  return { end: 'answered' }
}

function sendHttp({ method, path, headers, body, abortAfterMs }, { url, agent }) {
  return new Promise((resolve) => {
    const chunks = []
    let [status, hasLeft] = [0, false]
    const finish = (failure) => {
      clearTimeout(limit)
      clearTimeout(leaving)
      resolve({ text: Buffer.concat(chunks).toString('utf8'), status, failure, hasLeft })
    }
    const { hostname, port } = new URL(url)
    const sent = openRequest(
      { hostname, port, method, path, headers: { ...headers, ...lengthOf(body) }, agent },
      (response) => {
        status = response.statusCode
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () => finish())
        response.on('error', (error) => finish(error.code ?? error.message))
      },
    )
    sent.on('error', (error) => {
      // The server closed an idle connection while this request was on its way, which is allowed: no answer was due.
      const isCrossed = sent.reusedSocket && error.code === 'ECONNRESET' && status === 0 && !hasLeft
      finish(isCrossed ? CROSSED : error.message === 'timeout' ? 'timeout' : (error.code ?? error.message))
    })
    sent.on('socket', ignoreLateErrors)
    const limit = setTimeout(() => sent.destroy(new Error('timeout')), ANSWER_MS)
    const leave = () => {
      hasLeft = true
      sent.destroy(new Error('left'))
      finish('left')
    }
    const leaving = abortAfterMs === undefined ? undefined : setTimeout(leave, abortAfterMs)
    sent.end(body)
  })
}

/**
 * A server may answer and close before it has read the body; Node reports that when the request has no listeners any
 * more.
 */
function ignoreLateErrors(socket) {
  if (!socket.listeners('error').includes(ignore)) socket.on('error', ignore)
}

function ignore() {}

function lengthOf(body) {
  return body === '' ? {} : { 'content-length': Buffer.byteLength(body) }
}

/**
 * Sends bytes on a bare connection and reads the answer. If no answer is due, it leaves soon: some are half a request.
 */
function sendRaw({ raw, statuses }, url) {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname, () => socket.write(raw))
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (data) => {
      text += data
      if (statuses !== undefined && text.includes('\r\n\r\n')) socket.end()
    })
    const timer = setTimeout(() => socket.destroy(), statuses === undefined ? RAW_MS : ANSWER_MS)
    // A reset is a valid answer to bytes that aren't HTTP.
    socket.on('error', (error) => {
      text += error.code
    })
    socket.on('close', () => {
      clearTimeout(timer)
      resolve({ text, status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), failure: undefined, hasLeft: false })
    })
  })
}
