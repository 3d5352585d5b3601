/**
 * view: what the page that shows searches is given, and the page itself as one HTML text. The page's own code is the
 * package `viewer`, which takes nothing from here but types; its static build lies in `dist/page`.
 */
export { pageHtml, policyHeader } from './page.ts'
export {
  type CallsInFlight,
  createTurnDescriber,
  describeInFlight,
  describeRun,
  type LiveLine,
  type PageData,
  type ShownCall,
  type ShownEntity,
  type ShownGold,
  type ShownRun,
  type ShownTurn,
} from './page-data.ts'
export { namesInPattern } from './terms.ts'
