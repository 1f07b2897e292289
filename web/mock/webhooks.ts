// Subscriptions of the mock: one that is well, one that fails, one that was paused; made, turned and taken back.
import type { NewWebhook, Webhook } from '../src/api/webhooks'
import { refuse, type Question } from './api'

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()

export class Subscriptions {
  private hooks: Webhook[] = [
    {
      ...fresh({
        name: 'sms-gateway',
        url: 'http://127.0.0.1:8080/huying',
        callers: true,
        kinds: ['answered'],
      }),
      made: ago(90_000),
      delivered: 18_204,
      failed: 12,
    },
    {
      ...fresh({
        name: 'water-desk',
        url: 'http://10.20.4.17:9000/in',
        unit: 'u510104-water',
        place: '510104',
      }),
      made: ago(40_000),
      delivered: 963,
      failed: 41,
      behind: 127,
      failures: 7,
      failing_since: ago(95),
      reason: 'it answered 502 Bad Gateway',
    },
    {
      ...fresh({ name: 'city-hotline', url: 'http://127.0.0.1:8090/orders', system: 'hotline-12345' }),
      made: ago(9_000),
      state: 'paused',
      behind: 4_310,
      reason: 'paused by p0001',
    },
  ]

  answer(q: Question, name: string | null, may: string[]): unknown {
    if (!may.includes('administer'))
      refuse(q, 403, 'a closer may not administer subscriptions', {
        rule: 'powers.role',
        words: '当前岗位没有这项职权。',
        accepted: 'a role whose `may` lists `administer`',
      })
    if (name === null) return q.method === 'POST' ? this.make(q) : { webhooks: this.hooks }
    const hook =
      this.hooks.find((h) => h.name === name) ?? refuse(q, 404, `there is no subscription \`${name}\``)
    if (q.method === 'DELETE') {
      this.hooks = this.hooks.filter((h) => h !== hook)
      return { ended: name }
    }
    const { state } = q.body as { state: string }
    return Object.assign(hook, {
      state,
      reason: state === 'paused' ? 'paused by p0001' : null,
      failing_since: null,
    })
  }

  private make(q: Question): Webhook {
    const body = q.body as NewWebhook
    if (this.hooks.some((h) => h.name === body.name))
      refuse(q, 409, `there is a subscription \`${body.name}\` already`, {
        accepted: 'another name, or DELETE first',
      })
    const made = fresh(body)
    this.hooks = [...this.hooks, made]
    return { ...made, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }
  }
}

function fresh({ name, url, ...scope }: NewWebhook): Webhook {
  const counts = { failures: 0, delivered: 0, failed: 0, behind: 0 }
  return { name, url, scope, made: ago(0), made_by: 'p0001', state: 'live', ...counts }
}
