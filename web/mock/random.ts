// Numbers that look like chance but come from a seed, so that the mock city is the same each time.
export type Random = () => number

/** Mulberry32. */
export function seeded(seed: number): Random {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export function pick<T>(random: Random, of: readonly T[]): T {
  const found = of[Math.floor(random() * of.length)]
  if (found === undefined) throw new Error('nothing to pick from')
  return found
}

export function weighted<T>(random: Random, of: readonly (readonly [T, number])[]): T {
  let left = random() * of.reduce((sum, [, w]) => sum + w, 0)
  for (const [value, weight] of of) {
    left -= weight
    if (left <= 0) return value
  }
  return pick(random, of)[0]
}
