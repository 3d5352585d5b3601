/** A point in this process's order of events: a greater number is later. */
export type Moment = number

let last: Moment = 0

/** A moment later than all before it. A counter, because two events can fall into one tick of a clock. */
export function nextMoment(): Moment {
  last += 1
  return last
}
