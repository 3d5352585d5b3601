/** A point in the order of what happens in this process: a greater one is later. */
export type Moment = number

let last: Moment = 0

/** Later than all moments before. A count and no clock, since two things may happen within one tick of a clock. */
export function nextMoment(): Moment {
  last += 1
  return last
}
