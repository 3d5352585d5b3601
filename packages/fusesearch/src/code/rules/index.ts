import type { Language } from '../definition.ts'
import type { Rules } from './rules.ts'

export type { Finding, Rules } from './rules.ts'

/** Loads the rules of each language on demand. Every grammar in the build has rules here. */
const LOADERS: Readonly<Record<Language, () => Promise<Rules>>> = {
  c: async () => (await import('./c-family.ts')).c,
  cpp: async () => (await import('./c-family.ts')).cpp,
  csharp: async () => (await import('./csharp.ts')).csharp,
  go: async () => (await import('./go.ts')).go,
  java: async () => (await import('./jvm.ts')).java,
  javascript: async () => (await import('./javascript.ts')).javascript,
  kotlin: async () => (await import('./jvm.ts')).kotlin,
  php: async () => (await import('./scripting.ts')).php,
  python: async () => (await import('./python.ts')).python,
  ruby: async () => (await import('./scripting.ts')).ruby,
  rust: async () => (await import('./rust.ts')).rust,
  scala: async () => (await import('./jvm.ts')).scala,
  swift: async () => (await import('./swift.ts')).swift,
  tsx: async () => (await import('./javascript.ts')).tsx,
  typescript: async () => (await import('./javascript.ts')).typescript,
}

/** The rules by which a language's definitions are found. */
export function loadRules(language: Language): Promise<Rules> {
  return LOADERS[language]()
}
