/**
 * host: what the lab needs of the machine it runs on: worker processes, workspaces that stay open, files that are written
 * whole or not at all, and what a report says about the program and the machine.
 */
export { attempt, makeFolder, writeTogether, writeWhole } from './files.ts'
export { KeptWorkspaces } from './kept-workspaces.ts'
export { describeSetup, digestBuild, digestGoldCode, digestLab, type ProgramSetup } from './setup.ts'
export { createWorker, type JobRunner, serveWorker, type Worker, WorkerDied, type WorkerOptions } from './workers.ts'
