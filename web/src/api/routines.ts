// Patrols and visits: what is due of whom, what a visit came to, how much workers have.
import type { Schemas } from './contract'
import { ask, ROOT } from './http'

export type Routine = Schemas['RoutineItem']
export type Worker = Schemas['Worker']

export const routines = (person: 'me' | null, limit: number): Promise<Schemas['Routines']> =>
  ask<Schemas['Routines']>(`${ROOT}/routines`, { query: { person, limit } })

export const workload = (limit: number, place: string | null = null): Promise<Schemas['Workload']> =>
  ask<Schemas['Workload']>(`${ROOT}/workload`, { query: { limit, place } })
