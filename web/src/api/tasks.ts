// Admission of tasks: what may be asked for, what was asked, orders that ask and decide, routines under them.
import type { Schemas } from './contract'
import { ask, ROOT } from './http'

export type Tasks = Schemas['Tasks']
export type Task = Schemas['TaskView']
export type Request = Schemas['RequestView']
export type Order = Schemas['OrderView']

/** What is asked for; `to` is the first day that no longer belongs to it, `budget` in hundredths. */
export interface TaskRequest {
  task: string
  basis: string
  place: string
  from: string
  to: string
  minutes: number
  forms: number
  budget: number
  quota: number
}
export type Decision =
  { admit: { quota: number; minutes: number; to: string } } | 'reject' | { merge: { into: number } }

/** An order of admission, with its words. */
export type Given =
  | { order: 'ask_task'; request: TaskRequest; text: string }
  | { order: 'review_task'; no: number; decision: Decision; text: string }
  | { order: 'end_task'; no: number; text: string }

export interface NewRoutine {
  task: string
  place: string
  unit: string
  admission: number
  person?: string
  whom?: { name?: string; phone?: string; address?: string }
  text: string
}

export const tasks = (signal?: AbortSignal): Promise<Tasks> => ask<Tasks>(`${ROOT}/tasks`, { signal })

/** An order; with a purpose its words come in clear and the reading is recorded. */
export const order = (no: number, purpose: string | null): Promise<Order> =>
  ask<Order>(`${ROOT}/standing/${no}`, { query: { purpose } })

export interface Asked {
  request: TaskRequest
  listed: boolean
}

/** What an order asked for, as it stands in the journal: the list of requests does not say the quota. */
export function askedIn(of: Order): Asked | null {
  const changes = of.changes as unknown as { task_asked?: Asked }[]
  return changes.find((change) => change.task_asked)?.task_asked ?? null
}

export const begin = (routine: NewRoutine, key: string): Promise<Schemas['Given']> =>
  ask<Schemas['Given']>(`${ROOT}/routines`, {
    method: 'POST',
    body: routine,
    headers: { 'idempotency-key': key },
  })
