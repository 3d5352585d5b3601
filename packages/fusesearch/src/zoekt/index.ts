/**
 * zoekt: trees in the index of a running zoekt-webserver, through its JSON interface. It translates calls into zoekt's
 * queries and its answers into lines, names and texts; the room `search` decides what matches.
 */
export { type ZoektOptions, zoektBackend } from './backend.ts'
