import { statSync } from 'node:fs'
import type { Workspace } from 'fusesearch/search'

/** A workspace that is opened on first use, and opened again when its folder has been removed or replaced. */
interface KeptWorkspace {
  /** Repeats the work when the folder was removed while it ran, since it may have seen half of the folder. */
  use<Result>(work: (workspace: Workspace) => Promise<Result>): Promise<Result>
  /** Closes what is open; the next use opens it again. */
  close(): Promise<void>
}

/** If the folder goes away this often in one use, the error of the work is reported. */
const MAX_ATTEMPTS = 3

/** Nothing is opened yet. */
export function keepWorkspace(open: () => Promise<Workspace>): KeptWorkspace {
  let opening: Promise<Opened> | undefined
  const forget = async (which: Promise<Opened> | undefined): Promise<void> => {
    if (opening === which) opening = undefined
    const opened = await which?.catch(() => undefined)
    await opened?.workspace.close()
  }
  const opened = (): Promise<Opened> => {
    const mine = (opening ??= openIt(open))
    // A folder that can't be opened now may be there for the next use.
    mine.catch(() => opening === mine && (opening = undefined))
    return mine
  }
  return {
    async use(work) {
      for (let attempt = 1; ; attempt += 1) {
        const mine = opened()
        const current = await mine
        const isLast = attempt === MAX_ATTEMPTS
        if (isLast || isThere(current)) {
          const [result] = await Promise.allSettled([work(current.workspace)])
          if (result.status === 'rejected' && (isLast || isThere(current))) throw result.reason
          if (result.status === 'fulfilled' && (isLast || isThere(current))) return result.value
        }
        await forget(mine)
      }
    },
    close: () => forget(opening),
  }
}

interface Opened {
  readonly workspace: Workspace
  readonly place: string
}

async function openIt(open: () => Promise<Workspace>): Promise<Opened> {
  const workspace = await open()
  return { workspace, place: placeOf(workspace.root) }
}

function isThere({ workspace, place }: Opened): boolean {
  return placeOf(workspace.root) === place
}

/** Tells a folder from a later one at the same path. */
function placeOf(folder: string): string {
  const found = statSync(folder, { throwIfNoEntry: false })
  return found === undefined ? 'gone' : `${found.dev}:${found.ino}`
}
