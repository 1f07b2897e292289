// What a desk is told and who sits in its seats: notices, duty, modes, and the orders that change these.
import type { Schemas } from './contract'
import { ask, ROOT } from './http'
import type { Given } from './tasks'

export type Notice = Schemas['Notice']
export type Duty = Schemas['DutyView']
export type Seat = Schemas['SeatView']
export type Gap = Schemas['GapView']
export type Modes = Schemas['ModesView']
export type Mode = Schemas['ModeView']
export type Declared = Schemas['DeclaredView']

type Box = Schemas['NoticeBox']

/** The notices of the post's unit and person, newest first; `before` is `next` of the page before. */
export const notices = (unread: boolean, before: number | null, limit: number): Promise<Box> =>
  ask<Box>(`${ROOT}/notices`, { query: { unread: unread || null, before, limit } })

/** Marks of the person who asks; the same again changes nothing. */
export const markRead = (positions: number[]): Promise<Schemas['Marked']> =>
  ask<Schemas['Marked']>(`${ROOT}/notices/read`, { method: 'POST', body: { positions } })

/** Whose duty is asked for, and when: the post's own unit, and now, where nothing is said. */
export type Whose = { unit?: string; place?: string | null; at?: string }

export const duty = (whose: Whose): Promise<Duty> => ask<Duty>(`${ROOT}/duty`, { query: whose })

export const modes = (): Promise<Modes> => ask<Modes>(`${ROOT}/modes`)

/** Shifts that fill a day, and a crew that takes them in turn from a day on. */
export interface Roster {
  unit: string
  seat: string
  since: string
  shifts: { name: string; start: string; minutes: number }[]
  crew: string[]
}

/** Orders of duty and modes, as docs/standing.md lists them. Instants are RFC 3339. */
export type DutyOrder =
  | { order: 'set_duty'; roster: Roster }
  | { order: 'end_duty'; unit: string; seat: string }
  | { order: 'swap_duty'; unit: string; seat: string; swap: { from: string; to: string; person: string } }
  | { order: 'hand_over'; unit: string; seat: string; open: string[]; text: string }
  | { order: 'declare_mode'; mode: string; place: string; from?: string; to: string; text: string }
  | { order: 'end_mode'; no: number; text: string }

export type Order = DutyOrder | Given

/** Gives an order; the same again under the same key changes nothing. */
export const giveOrder = (order: Order, key: string): Promise<Schemas['OrderTaken']> =>
  ask<Schemas['OrderTaken']>(`${ROOT}/standing`, {
    method: 'POST',
    body: order,
    headers: { 'idempotency-key': key },
  })
