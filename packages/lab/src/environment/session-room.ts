import { WireError } from './messages.ts'
import { Session, type SessionServices } from './session.ts'

/** The open sessions, up to a maximum. */
export class SessionRoom {
  readonly #services: SessionServices
  readonly #most: number
  readonly #open = new Set<Session>()

  constructor(services: SessionServices, most: number) {
    this.#services = services
    this.#most = most
  }

  get size(): number {
    return this.#open.size
  }

  /** Opens a session for as long as the work takes. Throws CAPACITY_REACHED. */
  readonly inSession = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    const [active, most] = [this.#open.size, this.#most]
    if (active >= most) {
      const message = `Too many sessions: ${active} of ${most} are open. Close one, or raise --max-sessions.`
      throw new WireError('CAPACITY_REACHED', message, { active_sessions: active, max_sessions: most })
    }
    const session = new Session(this.#services)
    this.#open.add(session)
    try {
      return await work(session)
    } finally {
      await session.close()
      this.#open.delete(session)
    }
  }

  /** Ends the work of all of them. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((session) => session.close()))
  }
}
