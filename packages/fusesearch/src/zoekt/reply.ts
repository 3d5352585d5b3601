/** The used part of `api/list`. zod is loaded here, because a search of a folder doesn't need it. */
async function listReply() {
  const { z } = await import('zod')
  return z.object({
    List: z.object({
      Crashes: z.number().optional(),
      Repos: z
        .array(
          z.object({
            Repository: z.object({
              Name: z.string(),
              Branches: z.array(z.object({ Name: z.string(), Version: z.string() })).nullable(),
            }),
            Stats: z.object({ Documents: z.number() }),
          }),
        )
        .nullable(),
    }),
  })
}

/** A repository that zoekt has indexed. */
export interface IndexedRepository {
  readonly name: string
  readonly branches: readonly { readonly name: string; readonly commit: string }[]
  readonly files: number
}

/** The repositories of an answer, by name; undefined for an invalid answer. */
export async function readList(reply: unknown): Promise<readonly IndexedRepository[] | undefined> {
  const read = (await listReply()).safeParse(reply)
  if (!read.success) return undefined
  return (read.data.List.Repos ?? [])
    .map(({ Repository, Stats }) => ({
      name: Repository.Name,
      branches: (Repository.Branches ?? []).map(({ Name, Version }) => ({ name: Name, commit: Version })),
      files: Stats.Documents,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** A matching line of `api/search`. `Line` is in base 64, with its line end. */
export interface ReplyLine {
  readonly Line: string
  readonly LineNumber: number
  readonly LineStart: number
  readonly FileName: boolean
}

/** The used part of a file of `api/search`. */
export interface ReplyFile {
  readonly FileName: string
  readonly Repository: string
  readonly SubRepositoryPath?: string
  readonly Version?: string
  readonly Branches?: readonly string[] | null
  readonly LineMatches?: readonly ReplyLine[] | null
  /** In base64, if whole files were requested. */
  readonly Content?: string | null
}

/** The files of an answer. `isPart`: zoekt left some out, because it ran out of time or reached a limit. */
export interface SearchReply {
  readonly files: readonly ReplyFile[]
  readonly isPart: boolean
  /** All matches that zoekt counted. */
  readonly matches: number
}

/**
 * Reads an answer of `api/search`; undefined for an invalid one. Its files are checked by hand, because an answer may
 * have a million lines.
 */
export function readSearch(reply: unknown): SearchReply | undefined {
  const result = isObject(reply) ? reply['Result'] : undefined
  if (!isObject(result)) return undefined
  const files = result['Files'] ?? []
  if (!Array.isArray(files) || !files.every(isReplyFile)) return undefined
  const isPart = ['FilesSkipped', 'ShardsSkipped', 'Crashes'].some((name) => Number(result[name] ?? 0) > 0)
  return { files, isPart, matches: Number(result['MatchCount'] ?? 0) }
}

function isReplyFile(file: unknown): file is ReplyFile {
  if (!isObject(file) || typeof file['FileName'] !== 'string' || typeof file['Repository'] !== 'string') return false
  const { Content: content, LineMatches: lines } = file
  if (content !== undefined && content !== null && typeof content !== 'string') return false
  return lines === undefined || lines === null || (Array.isArray(lines) && lines.every(isReplyLine))
}

function isReplyLine(line: unknown): line is ReplyLine {
  return isObject(line) && typeof line['Line'] === 'string' && Number.isSafeInteger(line['LineNumber'])
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
