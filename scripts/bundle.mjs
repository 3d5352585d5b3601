// Joins the compiled command into a few files: opening and compiling a hundred small ones costs a cold start 70 ms.
import { readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { rolldown } from 'rolldown'

/**
 * Files that are loaded together: what every command begins with, and what a search needs, which most commands do. The
 * other chunks are made as rolldown finds them, each loaded by the command that needs it.
 */
const TOGETHER = {
  start: (folder) => [join(folder, 'cli/run-main.js')],
  search: (folder) => [
    join(folder, 'cli/locate/command.js'),
    join(folder, 'cli/render/plain.js'),
    // Small, and wanted at once by whoever waits for a grammar.
    ...readdirSync(join(folder, 'code/rules'))
      .filter((name) => name.endsWith('.js'))
      .map((name) => join(folder, 'code/rules', name)),
  ],
}

/** Rewrites `dist/cli/main.js` to load chunks beside it; the library's own files stay as they are. */
export async function bundleCommand(dist) {
  const folder = join(dist, 'cli')
  const reached = new Map()
  const bundle = await rolldown({
    input: { main: join(folder, 'main.js') },
    platform: 'node',
    // Nobody imports main.js, and shared modules lie in chunks.
    preserveEntrySignatures: false,
    // Packages are installed beside, under their own licences.
    external: (id) => !id.startsWith('.') && !id.startsWith(dist),
    plugins: [keepUrls(dist), noteReached(dist, reached)],
  })
  await bundle.write({
    dir: folder,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunk-[name]-[hash].js',
    codeSplitting: {
      groups: Object.keys(TOGETHER).map((name, index, { length }) => ({
        name,
        priority: length - index,
        test: (id) => reached.get(name)?.has(id) === true,
        includeDependenciesRecursively: false,
      })),
    },
    // Comments and white space are read at each start. Names stay, so that the lines of a bug's report tell something.
    minify: { compress: false, mangle: false, codegen: true },
  })
  await bundle.close()
}

/** Notes which modules each group's first ones import, and those in turn; what is imported late is in no group. */
function noteReached(dist, reached) {
  return {
    name: 'note-reached',
    buildEnd() {
      for (const [name, first] of Object.entries(TOGETHER)) {
        const ids = new Set(first(dist))
        for (const id of ids) {
          for (const imported of this.getModuleInfo(id)?.importedIds ?? [])
            if (imported.startsWith(dist)) ids.add(imported)
        }
        reached.set(name, ids)
      }
    },
  }
}

/** A module that was moved into a chunk still finds the texts and grammars beside its old place. */
function keepUrls(dist) {
  return {
    name: 'keep-urls',
    transform(code, id) {
      if (!code.includes('import.meta.url')) return null
      const place = JSON.stringify(`../${relative(dist, id).split(sep).join('/')}`)
      return { code: code.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`), map: null }
    },
  }
}
