// Subscriptions 订阅 to notices: where they are delivered to, which ones, how far each is.
import type { Schemas } from './contract'
import { ask, ROOT } from './http'

/** What narrows a subscription; without any of it everything that is told in the territory of the post. */
export interface Scope {
  unit?: string
  place?: string
  system?: string
  kinds?: string[]
  callers?: boolean
}
export type Webhook = Omit<Schemas['Webhook'], 'scope'> & { scope: Scope }
export type NewWebhook = Scope & { name: string; url: string }

/** The kinds of notice, as docs/notices.md lists them. */
export const KINDS = [
  'assigned',
  'summons',
  'escalation',
  'near_due',
  'overdue',
  'handed_over',
  'withdrawn',
  'to_confirm',
  'confirmed',
  'sent_back',
  'urged',
  'put_on_notice',
  'decided',
  'owed',
  'answered',
  'verdict',
  'ended',
] as const

const path = (name: string) => `${ROOT}/webhooks/${encodeURIComponent(name)}`

export const webhooks = (signal?: AbortSignal): Promise<{ webhooks: Webhook[] }> =>
  ask<{ webhooks: Webhook[] }>(`${ROOT}/webhooks`, { signal })

/** Its secret is in this answer and in none after it. */
export const makeWebhook = (body: NewWebhook): Promise<Webhook> =>
  ask<Webhook>(`${ROOT}/webhooks`, { method: 'POST', body })

export const setWebhook = (name: string, state: 'live' | 'paused'): Promise<Webhook> =>
  ask<Webhook>(`${path(name)}/state`, { method: 'PUT', body: { state } })

export const endWebhook = (name: string): Promise<Schemas['Ended']> =>
  ask<Schemas['Ended']>(path(name), { method: 'DELETE' })
