import type { Backend } from '../../search/index.ts'
import { openRoots } from '../door/index.ts'
import { type HttpOptions, serveOverHttp } from './http.ts'
import { type Commits, createServing } from './serving.ts'
import { type StdioOptions, serveOverStdio } from './stdio.ts'

/** What is served, and how. */
export interface McpOptions {
  /** Folders that may be searched. */
  readonly roots: readonly string[]
  /** Searched in place of folders; the roots are then not looked at. The server closes it. */
  readonly backend?: Backend | undefined
  /** The folder that relative roots start from. */
  readonly cwd: string
  /** Of this package. */
  readonly version: string
  /** What searching commits needs; without it `rev` is refused. */
  readonly commits?: Commits
  readonly transport: ({ readonly kind: 'http' } & HttpOptions) | ({ readonly kind: 'stdio' } & StdioOptions)
}

/**
 * Serves the Model Context Protocol until the client is gone or the signal aborts.
 * Throws `bad-argument` for a root that isn't there and for an address that may not or can't be listened on.
 */
export async function serveMcp({ roots, backend, cwd, version, commits, transport }: McpOptions): Promise<void> {
  const serving = createServing({
    roots: backend === undefined ? await openRoots(roots, cwd) : [],
    backend,
    version,
    commits,
  })
  try {
    await (transport.kind === 'stdio' ? serveOverStdio(serving, transport) : serveOverHttp(serving, transport))
  } finally {
    await serving.close()
  }
}
