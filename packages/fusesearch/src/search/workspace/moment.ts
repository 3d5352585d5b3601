/** A point in the order of events in this process: a greater one is later. */
export type Moment = number

let last: Moment = 0

/** Later than all moments before. A counter instead of a clock, since two events may fall into one tick of a clock. */
export function nextMoment(): Moment {
  last += 1
  return last
}
