// Cases: lists, one case, calls and commands. A key makes each call and command count once, however often sent.
import type {
  CaseList,
  CaseView,
  CostFigures,
  Figures,
  Inbox,
  Matters,
  Me,
  NewCase,
  OwnCase,
  Schemas,
  WhistleFigures,
} from './contract'
import { ask, ROOT } from './http'

export type Filter = {
  state?: string
  /** The lead unit. */
  unit?: string
  place?: string
  matter?: string
  channel?: string
  number?: string
  overdue?: boolean
  open?: boolean
  opened_from?: string
  opened_to?: string
}

/** A key that no other call or command of anybody carries. */
export function freshKey(): string {
  return crypto.randomUUID()
}

export function list(
  filter: Filter,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<CaseList> {
  return ask<CaseList>(`${ROOT}/cases`, { query: { ...filter, cursor, limit }, signal })
}

const path = (number: string) => `${ROOT}/cases/${encodeURIComponent(number)}`

/** A case for an account; with a purpose the words come in clear and the reading is recorded. */
export function show(number: string, purpose: string | null, signal?: AbortSignal): Promise<CaseView> {
  return ask<CaseView>(path(number), { query: { purpose }, signal })
}

/** The open cases of its category near one, now and when it was taken in. */
export function near(number: string, signal?: AbortSignal): Promise<Schemas['Duplicates']> {
  return ask<Schemas['Duplicates']>(`${path(number)}/duplicates`, { signal })
}

/** A case for its caller. The code travels in a header, so that no log of addresses holds it. */
export function follow(number: string, code: string): Promise<OwnCase> {
  return ask<OwnCase>(path(number), { headers: { 'x-huying-query-code': code } })
}

export function call(body: NewCase, key: string): Promise<Schemas['Created']> {
  return ask<Schemas['Created']>(`${ROOT}/cases`, {
    method: 'POST',
    body,
    headers: { 'idempotency-key': key },
  })
}

export type Command = { name: string } & Record<string, unknown>

export function command(
  number: string,
  body: Command,
  key: string,
  code?: string,
): Promise<Schemas['Given']> {
  const headers: Record<string, string> = { 'idempotency-key': key }
  if (code) headers['x-huying-query-code'] = code
  return ask<Schemas['Given']>(`${path(number)}/commands`, { method: 'POST', body, headers })
}

export const matters = (): Promise<Matters> => ask<Matters>(`${ROOT}/matters`)
export const me = (): Promise<Me> => ask<Me>(`${ROOT}/me`)
export const inbox = (of: 'unit' | 'person', limit: number): Promise<Inbox> =>
  ask<Inbox>(`${ROOT}/inbox`, { query: { of: of === 'person' ? 'person' : null, limit } })

export type Question = { by?: string; under?: string | null; level?: string; from?: string; to?: string }

export const figures = (question: Question, signal?: AbortSignal): Promise<Figures> =>
  ask<Figures>(`${ROOT}/figures`, { query: question, signal })

/** How often units blow whistles, as control charts; 404 in a city without. */
export const whistleFigures = (question: Question, signal?: AbortSignal): Promise<WhistleFigures> =>
  ask<WhistleFigures>(`${ROOT}/figures/whistles`, { query: question, signal })

/** What cases cost; for accounts, and 404 in a city whose profile has no rates. */
export const costFigures = (question: Question, signal?: AbortSignal): Promise<CostFigures> =>
  ask<CostFigures>(`${ROOT}/figures/costs`, { query: question, signal })

/** The last durable journal position, so that a page can begin with the latest news. */
export const health = (): Promise<Schemas['Health']> => ask<Schemas['Health']>('/healthz')
