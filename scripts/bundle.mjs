// Bundles the compiled command into a few files: opening and compiling a hundred small ones costs a cold start 70 ms.
import { readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { rolldown } from 'rolldown'

/**
 * Files that are loaded together: what every command needs first, and what a search needs, which most commands do. The
 * other chunks are rolldown's choice, each loaded by the command that needs it.
 */
const TOGETHER = {
  start: (folder) => [join(folder, 'cli/run-main.js')],
  search: (folder) => [
    join(folder, 'cli/locate/command.js'),
    join(folder, 'cli/render/plain.js'),
    // Small, and needed at once by everything that waits for a grammar.
    ...readdirSync(join(folder, 'code/rules'))
      .filter((name) => name.endsWith('.js'))
      .map((name) => join(folder, 'code/rules', name)),
  ],
}

/** Rewrites `dist/cli/main.js` to load chunks beside it; the library's own files stay unchanged. */
export async function bundleCommand(dist) {
  const folder = join(dist, 'cli')
  const groups = []
  for (const [name, first] of Object.entries(TOGETHER)) {
    const together = await neededBy(dist, first(dist))
    const test = (id) => together.has(id)
    groups.push({ name, priority: -groups.length, test, includeDependenciesRecursively: false })
  }
  const bundle = await rolldown({ ...inputOf(dist), input: { main: join(folder, 'main.js') } })
  await bundle.write({
    dir: folder,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunk-[name]-[hash].js',
    codeSplitting: { groups },
    // Comments and white space are parsed at each start. Names stay, so that stack traces are readable.
    minify: { compress: false, mangle: false, codegen: true },
  })
  await bundle.close()
}

/** The modules that some files import statically, themselves included; not those that they import late. */
async function neededBy(dist, input) {
  // Strict: a file exports exactly what the others import.
  const bundle = await rolldown({ ...inputOf(dist), input, preserveEntrySignatures: 'strict' })
  const { output } = await bundle.generate({})
  await bundle.close()
  const chunks = new Map(output.map((chunk) => [chunk.fileName, chunk]))
  const names = new Set(output.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName))
  for (const name of names) for (const imported of chunks.get(name)?.imports ?? []) names.add(imported)
  const modules = [...names].flatMap((name) => Object.entries(chunks.get(name)?.modules ?? {}))
  return new Set(modules.filter(([, { renderedLength }]) => renderedLength > 0).map(([id]) => id))
}

function inputOf(dist) {
  return {
    platform: 'node',
    // Nobody imports main.js, and shared modules are in chunks.
    preserveEntrySignatures: false,
    // Imports have no side effects, so an unused module is left out.
    treeshake: { moduleSideEffects: (id) => id === join(dist, 'cli/main.js') },
    // Packages are installed separately, under their own licences.
    external: (id) => !id.startsWith('.') && !id.startsWith(dist),
    plugins: [keepUrls(dist)],
  }
}

/** A module that was moved into a chunk still finds the texts and grammars at its old place. */
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
