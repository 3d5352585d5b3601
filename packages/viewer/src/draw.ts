import type { PageData } from 'fusesearch/view'
import { type ComponentChild, render } from 'preact'

/** Draws the page from the data that the product embedded. */
export function draw(pageOf: (data: PageData) => ComponentChild): void {
  const element = document.getElementById('data')
  const root = document.getElementById('app')
  if (element === null || root === null) return
  // The product wrote it in this page's own format.
  render(pageOf(JSON.parse(element.textContent ?? '') as PageData), root)
  root.dataset['drawn'] = 'true'
}
