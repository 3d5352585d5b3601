import { statSync } from 'node:fs'
import type { Workspace } from 'fusesearch/search'

/** A workspace that is opened when it is first used, and again where its folder was removed meanwhile. */
interface KeptWorkspace {
  /** The work is done again where the folder went away under it: half of it may have been gone by then. */
  use<Result>(work: (workspace: Workspace) => Promise<Result>): Promise<Result>
  /** Closes what is open; the next use opens it again. */
  close(): Promise<void>
}

/** Folders that go away more often than this are somebody's to look at. */
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
    // What can't be opened now may be there for the next who asks.
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

/** Tells a folder from one that took its path later. */
function placeOf(folder: string): string {
  const found = statSync(folder, { throwIfNoEntry: false })
  return found === undefined ? 'gone' : `${found.dev}:${found.ino}`
}
