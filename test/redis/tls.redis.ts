import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ensureBuilt, startFusesearch } from '../support/command.ts'
import { temporaryFolder } from '../support/folder.ts'
import { makeInstances, readRows } from './dataset.ts'
import { hasTls, startRedis, type TestRedis } from './server.ts'
import { startWorker } from './workers.ts'

const reason = missing()
if (reason !== undefined) process.stderr.write(`test:redis: rediss:// is not tested: ${reason}.\n`)

/** Why these tests can't run here; undefined if they can. */
function missing(): string | undefined {
  if (!hasTls()) return 'the server was built without TLS'
  return spawnSync('openssl', ['version']).status === 0
    ? undefined
    : 'openssl, which makes its certificates, is missing'
}

describe.skipIf(reason !== undefined)('rediss://', () => {
  beforeAll(ensureBuilt)

  test('carries an evaluation if the process trusts the authority of the certificate', async () => {
    const { url, trust } = await startEncrypted('IP:127.0.0.1')
    const { folder, dataset, places } = makeInstances(3)
    await startWorker(['--queue', url, '--jobs', '2', ...places], trust)
    const out = join(folder, 'run')
    const run = await startFusesearch(['eval', dataset, '--quiet', '--queue', url, '--out', out], { env: trust })
    // One instance has a missing commit.
    expect(run.code, run.stderr).toBe(1)
    expect(
      readRows(out)
        .map(({ status }) => status)
        .sort(),
    ).toEqual(['done', 'done', 'failed'])
  })

  test('refuses a certificate of an unknown authority, and says how to make it known', async () => {
    const { url } = await startEncrypted('IP:127.0.0.1')
    const { code, stderr } = await worker(url, {})
    expect(code).toBe(2)
    expect(stderr).toMatch(/can't be used: .*certificate/)
    expect(stderr).toContain('NODE_EXTRA_CA_CERTS')
  })

  test('refuses a certificate of another host', async () => {
    const { url, trust } = await startEncrypted('DNS:queue.example.org')
    const { code, stderr } = await worker(url, trust)
    expect(code).toBe(2)
    expect(stderr).toMatch(/can't be used: Hostname\/IP does not match certificate's altnames/)
  })

  test('is needed: without TLS the server gives no answer', async () => {
    const { url, trust } = await startEncrypted('IP:127.0.0.1')
    const { code, stderr } = await worker(url.replace('rediss:', 'redis:'), trust)
    expect(code).toBe(2)
    expect(stderr).toContain("can't be used")
    expect(stderr).not.toContain('this is a bug')
  })
})

const worker = (queue: string, env: Readonly<Record<string, string>>): ReturnType<typeof startFusesearch> =>
  startFusesearch(['worker', '--root', temporaryFolder(), '--queue', queue], { env })

/** A server with a certificate for a name (`subjectAltName`), and the environment that trusts its authority. */
async function startEncrypted(name: string): Promise<TestRedis & { readonly trust: Readonly<Record<string, string>> }> {
  const folder = temporaryFolder()
  const at = (file: string): string => join(folder, file)
  const openssl = (...args: readonly string[]): void => {
    const made = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
    if (made.status !== 0) throw new Error(`openssl ${args.join(' ')} failed: ${made.stderr}`)
  }
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc']
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', '/CN=An authority')
  openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=A queue')
  writeFileSync(at('names'), `subjectAltName=${name}\n`)
  const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names']
  openssl('x509', '-req', '-in', 'server.csr', '-out', 'server.crt', ...signing)
  const redis = await startRedis({ tls: { key: at('server.key'), certificate: at('server.crt') } })
  onTestFinished(() => redis.close())
  return { ...redis, trust: { NODE_EXTRA_CA_CERTS: at('ca.crt') } }
}
