// What the forms of orders know without asking: who may try, what a list says, whether shifts fill a day.
import type { Me, PostView } from '@/api/contract'
import type { Mode, Roster, Seat } from '@/api/desk'

const DAY_MINUTES = 1_440

/** Whether a post may set, swap and end duty: a power of its role. Where it reaches only the server knows. */
export const setsDuty = (post: PostView | null): boolean => post?.may.includes('duty') ?? false

/** The modes that a post may declare somewhere, and end: the profile lists roles by mode and level of place. */
export const declaredBy = (post: PostView | null, modes: Mode[]): Mode[] =>
  modes.filter((m) => m.declare.some((d) => post !== null && d.roles.includes(post.role)))

/** Whether a person signs for a turn: who has it, or who had the one before, once for a turn. */
export function signs(seat: Seat, me: Me | null, before: string | null): boolean {
  return me !== null && !seat.handed_over && (seat.person === me.person || before === me.person)
}

/** A list that is typed: apart by spaces, lines or commas. Somebody may stand twice in a crew. */
export function listed(text: string): string[] {
  return text.split(/[\s,，、;；]+/).filter((word) => word !== '')
}

/** The same with each once: numbers of cases. */
export const once = (text: string): string[] => [...new Set(listed(text))]

export interface TypedShift {
  name: string
  /** `08:00`; empty while nothing is typed. */
  start: string
}

function minute(clock: string): number | null {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)/.exec(clock) ?? []
  return hours === undefined ? null : Number(hours) * 60 + Number(minutes)
}

/** Minutes of each shift: until the next begins, the last until the first does. Null of an unreadable time. */
export function lengths(shifts: readonly TypedShift[]): (number | null)[] {
  return shifts.map((shift, i) => {
    const start = minute(shift.start)
    const end = minute(shifts[(i + 1) % shifts.length]?.start ?? '')
    if (start === null || end === null) return null
    // One alone lasts the whole day; two that begin at once leave nothing for the first.
    return shifts.length === 1 ? DAY_MINUTES : (end - start + DAY_MINUTES) % DAY_MINUTES
  })
}

export type ShiftFault = 'name' | 'start' | 'day'

/** Why shifts do not fill the day, the first reason; null when they do. */
export function faultOf(shifts: readonly TypedShift[]): ShiftFault | null {
  const all = lengths(shifts)
  if (shifts.some((shift) => shift.name.trim() === '')) return 'name'
  if (all.some((long) => long === null)) return 'start'
  // Out of order they go round the clock more than once.
  const sum = all.reduce<number>((total, long) => total + (long ?? 0), 0)
  return sum === DAY_MINUTES && all.every((long) => long !== 0) ? null : 'day'
}

/** The shifts as the order wants them; null while they do not fill the day. */
export function shiftsOf(shifts: readonly TypedShift[]): Roster['shifts'] | null {
  if (shifts.length === 0 || faultOf(shifts) !== null) return null
  const all = lengths(shifts)
  return shifts.map((shift, i) => ({
    name: shift.name.trim(),
    start: shift.start.slice(0, 5),
    minutes: all[i] ?? 0,
  }))
}

/** Who takes the first turns, so that whoever writes the roster sees what it says. */
export function firstTurns(shifts: readonly TypedShift[], crew: readonly string[], many: number): string[] {
  if (shifts.length === 0 || crew.length === 0) return []
  return Array.from({ length: many }, (_, turn) => {
    const [shift, person] = [shifts[turn % shifts.length], crew[turn % crew.length]]
    return `${shift?.name ?? ''} ${person ?? ''}`
  })
}
