import { configureGlobal } from 'fast-check'

/** Property tests draw the same cases in each run, so that a failure comes from a change. This setting draws others. */
const seed = Number(process.env['FUSESEARCH_TEST_SEED'] ?? 1)

configureGlobal({ seed })
