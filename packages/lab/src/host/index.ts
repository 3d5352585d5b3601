/**
 * host: what the lab needs from its machine: worker processes, workspaces that stay open, atomic file writes, and facts
 * about the program and the machine for reports.
 */
export { attempt, makeFolder, writeTogether, writeWhole } from './files.ts'
export { KeptWorkspaces } from './kept-workspaces.ts'
export { type PythonNeeds, preparePython, pythonFolder, runPython } from './python.ts'
export { describeSetup, digestBuild, digestGoldCode, digestLab, type ProgramSetup } from './setup.ts'
export { createWorker, type JobRunner, serveWorker, type Worker, WorkerDied, type WorkerOptions } from './workers.ts'
