import type { PageData } from 'fusesearch/view'
import { type ComponentChild, render } from 'preact'

/** Draws the page of the data that the product put into it. */
export function draw(pageOf: (data: PageData) => ComponentChild): void {
  const element = document.getElementById('data')
  const root = document.getElementById('app')
  if (element === null || root === null) return
  // The product wrote it: it is this page's own format.
  render(pageOf(JSON.parse(element.textContent ?? '') as PageData), root)
  root.dataset['drawn'] = 'true'
}
