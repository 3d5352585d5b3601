/** A file after our entry is in it, or why it is not touched. */
export type Merged =
  | { readonly kind: 'change'; readonly text: string }
  /** Our entry is there, word for word. */
  | { readonly kind: 'unchanged' }
  /** Someone's words would have to be changed: `paste` is what to add by hand, if they want it. */
  | { readonly kind: 'refused'; readonly reason: string; readonly paste: string }
