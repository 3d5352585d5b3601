/** What becomes of a file, or why it is not touched. */
export type Merged =
  /** The file's new text; undefined where the file goes. */
  | { readonly kind: 'change'; readonly text: string | undefined }
  /** It is as it should be: our part is in it word for word, or, when it is to go, not in it. */
  | { readonly kind: 'unchanged' }
  /** Someone's words would have to be changed: `paste` is our part, to add or to remove by hand. */
  | { readonly kind: 'refused'; readonly reason: string; readonly paste: string }
