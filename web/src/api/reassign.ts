// Handing on what a unit or a person holds 移交: a command for each case, a batch of them a call.
import type { Schemas } from './contract'
import { ask, ROOT } from './http'

/** A unit with everybody in it, or one person of it. */
export interface Party {
  unit: string
  person?: string
}

/** A case that stays where it is, and the rule that stands against moving it. */
export interface Stayed {
  number: string
  refusal: { rule: string; why: string; basis?: string | null; accepted: string }
  /** The rule in plain Chinese. */
  words?: string | null
}
export type Batch = Omit<Schemas['Reassigned'], 'refused'> & { refused: Stayed[] }

/** The next batch; `after` is `next` of the one before. Done once for each key and case. */
export const reassign = (from: Party, to: Party, after: number | null, key: string): Promise<Batch> =>
  ask<Batch>(`${ROOT}/reassignments`, {
    method: 'POST',
    body: { from, to, ...(after === null ? {} : { after }) },
    headers: { 'idempotency-key': key },
  })
