/** Grows with every change of a text under `prompts/`, so that runs tell which words their model was given. */
export const PROMPT_VERSION = 1
