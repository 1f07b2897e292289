// What a desk is told and who sits in its seats: notices, duty, modes.
import type { Schemas } from './contract'
import { ask, ROOT } from './http'

export type Notice = Schemas['Notice']
export type Duty = Schemas['DutyView']
export type Modes = Schemas['ModesView']

type Box = Schemas['NoticeBox']

/** The notices of the post's unit and person, newest first; `before` is `next` of the page before. */
export const notices = (unread: boolean, before: number | null, limit: number): Promise<Box> =>
  ask<Box>(`${ROOT}/notices`, { query: { unread: unread || null, before, limit } })

/** Marks of the person who asks; the same again changes nothing. */
export const markRead = (positions: number[]): Promise<Schemas['Marked']> =>
  ask<Schemas['Marked']>(`${ROOT}/notices/read`, { method: 'POST', body: { positions } })

/** Who is on duty: in the post's own unit, or in the units of a place. */
export const duty = (place: string | null): Promise<Duty> => ask<Duty>(`${ROOT}/duty`, { query: { place } })

export const modes = (): Promise<Modes> => ask<Modes>(`${ROOT}/modes`)
