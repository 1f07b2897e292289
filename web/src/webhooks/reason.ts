// How a subscription is, and what went wrong last, in the reader's words where the server's are known.
import type { Webhook } from '@/api/webhooks'

export type Stand = 'live' | 'failing' | 'paused'

export const standOf = (hook: Webhook): Stand => {
  if (hook.state === 'paused') return 'paused'
  return hook.failing_since ? 'failing' : 'live'
}

const KNOWN: [RegExp, string][] = [
  [/^paused by (?<who>.+)$/, 'by'],
  [/^it answered (?<status>\d+)/, 'answered'],
  [/^no answer within (?<seconds>\d+) s/, 'late'],
  [/^it cannot be reached/, 'unreachable'],
  [/^the receiver answered 410/, 'gone'],
]

/** The key of its words and what stands in them; null where only the server's own are there. */
export function reasonOf(reason: string): { key: string; named: Record<string, string> } | null {
  for (const [form, key] of KNOWN) {
    const found = form.exec(reason)
    if (found) return { key, named: { ...found.groups } }
  }
  return null
}
