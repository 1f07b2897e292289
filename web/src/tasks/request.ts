// A request for admission: its days, its money, where it stands, what a post may do about it. Draws nothing.
import type { Named, PostView } from '@/api/contract'
import type { Request, TaskRequest } from '@/api/tasks'

const DAY_MS = 86_400_000
const moved = (day: string, days: number) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)

/** The server counts up to the first day that no longer belongs; people name the last one that does. */
export const lastDay = (to: string): string => moved(to, -1)
export const dayAfter = (last: string): string => moved(last, 1)

/** Money in hundredths, as people write it; a round sum without its zeros. */
export function money(hundredths: number, locale: string): string {
  const minimumFractionDigits = hundredths % 100 === 0 ? 0 : 2
  const style = { style: 'currency', currency: 'CNY', minimumFractionDigits } as const
  return new Intl.NumberFormat(locale, style).format(hundredths / 100)
}

/** Where a request stands today: an admission whose days are over is over, though nobody ended it. */
export const standOf = (request: Request, today: string): string =>
  request.stand === 'admitted' && request.to <= today ? 'over' : request.stand

/** Whether something may be given under it today. One that was merged counts on another, which may lie
 * outside of what this post sees: then the server knows. */
function runs(request: Request, all: Request[], today: string): boolean {
  if (request.stand === 'merged') {
    const into = all.find((r) => r.no === request.merged_into)
    return into === undefined || runs(into, all, today)
  }
  return standOf(request, today) === 'admitted' && request.from <= today && request.left !== 0
}

export type Act = 'review' | 'assign' | 'end'

/** What a post may do about a request, as far as the page can know it. Whoever must ask gives what they
 * asked for themselves; streets and communities, who need not, may give under any admission. */
export function actsOf(request: Request, all: Request[], post: PostView | null, today: string): Act[] {
  const may = (power: string) => post?.may.includes(power) ?? false
  const own = request.unit.id === post?.unit.id
  const acts: [Act, boolean][] = [
    ['review', request.stand === 'asked' && may('review_task') && !own],
    ['assign', may('assign') && (own || !may('ask_task')) && runs(request, all, today)],
    ['end', standOf(request, today) === 'admitted' && may(own ? 'ask_task' : 'review_task')],
  ]
  return acts.filter(([, open]) => open).map(([act]) => act)
}

/** A request as it is typed: days as people name them, money in yuan. */
export interface Draft {
  task: string
  basis: string
  place: Named | null
  from: string | null
  last: string | null
  minutes: number | null
  forms: number | null
  yuan: number | null
  quota: number | null
  text: string
}

export const emptyDraft = (today: string): Draft => ({
  task: '',
  basis: '',
  place: null,
  from: today,
  last: null,
  minutes: null,
  forms: 0,
  yuan: null,
  quota: null,
  text: '',
})

/** What is sent, once nothing is lacking. */
export function requestOf(draft: Draft): TaskRequest | null {
  const { task, place, from, last, minutes, quota } = draft
  const basis = draft.basis.trim()
  if (!task || !basis || !place || !from || !last || !minutes || !quota || !draft.text.trim()) return null
  return {
    task,
    basis,
    place: place.id,
    from,
    to: dayAfter(last),
    minutes,
    forms: draft.forms ?? 0,
    budget: Math.round((draft.yuan ?? 0) * 100),
    quota,
  }
}
