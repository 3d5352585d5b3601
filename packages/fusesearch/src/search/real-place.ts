import { readlinkSync } from 'node:fs'

/** The path of an open file or folder, which the kernel knows without looking at a disk; undefined if it doesn't say. */
export function realPlace(descriptor: number): Buffer | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`, 'buffer')
  } catch {
    return undefined
  }
}
