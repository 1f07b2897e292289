// What time it is in the city: by the server's clock, which may be ahead of this machine's, or be played fast.
import { shallowRef } from 'vue'

const TICK_MS = 5_000
let ahead = 0

/** The city's present, brought up to date every few seconds for whatever is drawn from it. */
export const now = shallowRef(new Date())

export function cityNow(): Date {
  return new Date(Date.now() + ahead)
}

function tick(): void {
  now.value = cityNow()
}

/** An answer said what time it is: that is the time. */
export function told(at: string | null): void {
  const instant = at === null ? NaN : Date.parse(at)
  if (Number.isNaN(instant)) return
  const before = ahead
  ahead = instant - Date.now()
  if (Math.abs(ahead - before) > TICK_MS) tick()
}

/** Something happened then: it is at least as late now. */
export function heard(at: string): void {
  if (Date.parse(at) > Date.now() + ahead) told(at)
}

setInterval(tick, TICK_MS)
