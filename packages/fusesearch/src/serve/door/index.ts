/**
 * door: the checks that every server makes before its own work, so that all follow the same rules: which requests are
 * let through (address, token, Host, Origin), which folders may be searched, how large and slow a request may be, and
 * how a server shuts down.
 */
export { jsonBody, limitBody, readBody } from './body.ts'
export { type Address, createGuard } from './guard.ts'
export { Problem, toProblem } from './problem.ts'
export { backendName, clientRoots, findFolder, openExactly, openRoots, type Root } from './roots.ts'
export { type DoorOptions, openDoor } from './server.ts'
