/**
 * The largest of the numbers, at least `least`. For lists whose length a repository decides: the arguments of `Math.max`
 * have a limit of some 120,000, beyond which the call throws.
 */
export function largestOf(numbers: Iterable<number>, least: number): number {
  let largest = least
  for (const number of numbers) if (number > largest) largest = number
  return largest
}
