import type { Reader } from '../../policies/index.ts'
import type { Backend } from '../../search/index.ts'
import { openRoots } from '../door/index.ts'
import { type HttpOptions, serveOverHttp } from './http.ts'
import { type Commits, createServing } from './serving.ts'
import { type StdioOptions, serveOverStdio } from './stdio.ts'

/** Options of {@link serveMcp}. */
export interface McpOptions {
  /** Folders that may be searched. */
  readonly roots: readonly string[]
  /** Searched instead of folders; the roots are then ignored. The server closes it. */
  readonly backend?: Backend | undefined
  /** Orders what is in doubt anew, in every search; the caller closes its encoder. */
  readonly reader?: Reader | undefined
  /** The folder from which relative roots start. */
  readonly cwd: string
  /** Version of this package. */
  readonly version: string
  /** Needed to search commits; without it `rev` is refused. */
  readonly commits?: Commits
  readonly transport: ({ readonly kind: 'http' } & HttpOptions) | ({ readonly kind: 'stdio' } & StdioOptions)
}

/**
 * Serves the Model Context Protocol until the client is gone or the signal aborts.
 * Throws `bad-argument` for a missing root, and for an address on which it may not or can't listen.
 */
export async function serveMcp(options: McpOptions): Promise<void> {
  const { roots, backend, cwd, version, commits, reader, transport } = options
  const serving = createServing({
    roots: backend === undefined ? await openRoots(roots, cwd) : [],
    backend,
    version,
    commits,
    reader,
  })
  try {
    await (transport.kind === 'stdio' ? serveOverStdio(serving, transport) : serveOverHttp(serving, transport))
  } finally {
    await serving.close()
  }
}
