// The Python environments of the lab, for tests: they change neither the checkout nor the user's Python.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { preparePython as prepare } from '../../packages/lab/dist/host/python.js'

const scripts = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * The interpreter of an environment with the packages of `python/requirements-NAME.txt`; installs them the first time.
 * Returns `{ python }`, or `{ missing }` with the reason.
 */
export async function preparePython(name, { packages, say }) {
  const terminal = { env: process.env, cwd: scripts, signal: new AbortController().signal }
  try {
    return { python: await prepare({ name, modules: [] }, terminal, { packages, say }) }
  } catch (error) {
    if (error.code !== 'python-missing') throw error
    return { missing: error.message }
  }
}
