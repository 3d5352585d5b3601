/** Languages whose functions can be found. Every other file still gets paths and lines. */
export type Language =
  | 'c'
  | 'cpp'
  | 'csharp'
  | 'go'
  | 'java'
  | 'javascript'
  | 'kotlin'
  | 'php'
  | 'python'
  | 'ruby'
  | 'rust'
  | 'scala'
  | 'swift'
  | 'tsx'
  | 'typescript'

/** A definition in a source file. Lines count from 1; both ends are included. */
export interface Definition {
  /**
   * `class` stands for every named type: class, struct, interface, trait, enum, module, namespace, impl, object.
   * `block` is anything else: a section, key, statement, constant, cell. `parseDefinitions` returns no blocks.
   */
  readonly kind: 'function' | 'class' | 'block'
  /** Qualified within the file: nested names joined by a dot, `Class.method` for methods. */
  readonly name: string
  /** The last part of `name`. */
  readonly shortName: string
  /** First line, decorators and annotations included. */
  readonly startLine: number
  /** The line that holds the name. */
  readonly nameLine: number
  readonly endLine: number
  /** Index in the file's list of the innermost definition around this one, or -1. */
  readonly parent: number
  /** For a class: the names of its bases as written, without type arguments; empty for a function. */
  readonly bases: readonly string[]
}

/** The definitions of a source text. */
export interface Outline {
  /** In source order, overloads as separate entries. */
  readonly definitions: readonly Definition[]
  /** Why the text was not parsed, or not to its end, as a clause for people. Then there are no definitions. */
  readonly notParsed?: string
}
