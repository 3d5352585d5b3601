// Joins the compiled command into a few files: opening and compiling a hundred small ones costs a cold start 70 ms.
import { join, relative, sep } from 'node:path'
import { rolldown } from 'rolldown'

/** Rewrites `dist/cli/main.js` to load chunks beside it; the library's own files stay as they are. */
export async function bundleCommand(dist) {
  const folder = join(dist, 'cli')
  const bundle = await rolldown({
    input: { main: join(folder, 'main.js') },
    platform: 'node',
    // Packages are installed beside, under their own licences.
    external: (id) => !id.startsWith('.') && !id.startsWith(dist),
    plugins: [keepUrls(dist)],
  })
  await bundle.write({
    dir: folder,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunk-[name]-[hash].js',
    // Comments and white space are read at each start. Names stay, so that the lines of a bug's report tell something.
    minify: { compress: false, mangle: false, codegen: true },
  })
  await bundle.close()
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
