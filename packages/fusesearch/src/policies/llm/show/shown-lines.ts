import type { Place } from '../knowledge.ts'

/** A line as it stands in the conversation, and where. */
interface Shown extends Place {
  readonly text: string
}

/** The lines that the model can still see above. */
export class ShownLines {
  readonly #files = new Map<string, Map<number, Shown>>()

  /** Where this very text stands for the line; undefined when it was not shown, or cut at another length. */
  where(path: string, line: number, text: string): Place | undefined {
    const shown = this.#files.get(path)?.get(line)
    return shown?.text === text ? shown : undefined
  }

  add(path: string, line: { readonly line: number; readonly text: string }, place: Place): void {
    const file = this.#files.get(path) ?? new Map<number, Shown>()
    this.#files.set(path, file)
    file.set(line.line, { turn: place.turn, call: place.call, text: line.text })
  }

  /** Forgets what a turn showed: its observations were folded away. */
  forget(turn: number): void {
    for (const file of this.#files.values()) {
      for (const [line, shown] of file) if (shown.turn === turn) file.delete(line)
    }
  }
}
