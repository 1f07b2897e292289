// How much time a clock has left, in the measure it runs in. Words are put to it by ClockList.vue.
import type { ClockView } from '@/api/contract'
import { length, type Length } from '@/shell/time'

export type Left =
  | { kind: 'left' | 'over'; seconds: number; span: Length; near: boolean }
  | { kind: 'paused'; seconds: number; span: Length; measure: 'working' | 'elapsed' }
  | { kind: 'met' | 'missed' | 'stopped' }

/** A paused clock says what is left in its own measure; a running one counts to the instant it is due. */
export function leftOf(clock: ClockView, now: Date): Left {
  if (clock.state === 'paused') {
    const seconds = clock.left_seconds ?? 0
    return {
      kind: 'paused',
      seconds,
      span: length(seconds),
      measure: clock.left_in === 'working' ? 'working' : 'elapsed',
    }
  }
  if (clock.state === 'running') {
    const seconds = Math.round((Date.parse(clock.due) - now.getTime()) / 1000)
    const near = clock.near !== null && clock.near !== undefined && Date.parse(clock.near) <= now.getTime()
    return { kind: seconds < 0 ? 'over' : 'left', seconds, span: length(seconds), near }
  }
  if (clock.kept === false || (clock.missed !== null && clock.missed !== undefined))
    return { kind: 'missed' }
  return { kind: clock.state === 'met' ? 'met' : 'stopped' }
}
