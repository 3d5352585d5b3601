import type { InstanceDetail } from 'fusesearch/view'

/** Unpacks data packed by the product: JSON in gzip in base 64. */
export async function unpack(packed: string): Promise<InstanceDetail> {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0))
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
  return JSON.parse(await new Response(stream).text()) as InstanceDetail
}
