import type { Language } from '../definition.ts'
import { c, cpp } from './c-family.ts'
import { csharp } from './csharp.ts'
import { go } from './go.ts'
import { javascript, tsx, typescript } from './javascript.ts'
import { java, kotlin, scala } from './jvm.ts'
import { python } from './python.ts'
import type { Rules } from './rules.ts'
import { rust } from './rust.ts'
import { php, ruby } from './scripting.ts'
import { swift } from './swift.ts'

export type { Finding, Rules } from './rules.ts'

/** The rules of every language; each grammar in the build has its rules here. */
export const RULES: Readonly<Record<Language, Rules>> = {
  c,
  cpp,
  csharp,
  go,
  java,
  javascript,
  kotlin,
  php,
  python,
  ruby,
  rust,
  scala,
  swift,
  tsx,
  typescript,
}
