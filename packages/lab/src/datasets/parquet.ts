import { ROW_FIELDS } from './row.ts'

/** Rows of a Parquet file, columns that no form uses left out. Loads its library on first use. */
export async function readParquet(path: string): Promise<Record<string, unknown>[]> {
  const [{ asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ])
  const file = await asyncBufferFromFile(path)
  const metadata = await parquetMetadataAsync(file)
  // Top-level columns are children of the root, so of every schema element only those can be asked for by name.
  const known = new Set(metadata.schema.slice(1).map((element) => element.name))
  const columns = ROW_FIELDS.filter((field) => known.has(field))
  if (columns.length === 0) return []
  return parquetReadObjects({ file, metadata, columns, compressors })
}
