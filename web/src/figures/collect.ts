// Asks for the figures of the panel and brings them together. What a city's rate means is the server's business.
import type { Count, FigureRow, Said, Weights } from '@/api/contract'
import { figures } from '@/api/cases'
import { Refused } from '@/api/http'
import { useLatest } from '@/api/latest'
import { heard } from '@/live/news'
import { loadMatters } from '@/shell/city'
import { cityNow } from '@/shell/now'
import { civil, startOfDay } from '@/shell/time'

export interface Panel {
  total: FigureRow
  today: FigureRow
  matters: { name: Said | string; received: Count }[]
  /** Calls of each hour of today, 0 to 23; a word where a small number is not told. */
  hours: Count[]
  /** True where the server has no figures by the hour: then only what this page heard is counted. */
  hoursHeard: boolean
  /** Counts below it are masked for who has no account; null where all is told. */
  smallest: number | null
  position: string
  edition: string
  /** What the rates weigh in the score; null in a city without one. */
  weights: Weights | null
}

/** Two counts together: where one of them is not told, neither is the sum. */
function sum(a: Count, b: Count): Count {
  if (typeof a === 'number' && typeof b === 'number') return a + b
  if (b === 0) return a
  return a === 0 ? b : 'withheld'
}

/** The most first; `<5` after all numbers, what is withheld last. */
const rank = (count: Count): number => (typeof count === 'number' ? count : count.startsWith('<') ? -1 : -2)

/** Rows by the hour, in whatever order they came, as 24 counts. Keys are `09` or instants. */
export function byHour(rows: readonly FigureRow[]): Count[] {
  const counts = new Array<Count>(24).fill(0)
  for (const row of rows) {
    const key = row.key ?? ''
    const hour = /^\d{1,2}$/.test(key) ? Number(key) : key === '' ? NaN : civil(key).hour
    if (hour >= 0 && hour < 24) counts[hour] = sum(counts[hour] ?? 0, row.received)
  }
  return counts
}

let hoursKnown = true

async function hours(under: string | null, from: string, signal: AbortSignal): Promise<Count[] | null> {
  if (!hoursKnown) return null
  try {
    return byHour((await figures({ by: 'hour', under, from }, signal)).rows)
  } catch (error) {
    if (error instanceof Refused && error.status === 400) {
      hoursKnown = false
      return null
    }
    throw error
  }
}

async function named(rows: readonly FigureRow[]): Promise<Panel['matters']> {
  const book = await loadMatters().catch(() => null)
  const names = new Map(book?.matters.map((m) => [m.code, m.name]))
  return rows
    .filter((r) => r.received !== 0)
    .sort((a, b) => rank(b.received) - rank(a.received))
    .map((r) => ({ name: names.get(r.key ?? '') ?? r.name ?? r.key ?? '', received: r.received }))
}

export const useFigures = (under: () => string | null) =>
  useLatest<Panel>(async (signal) => {
    const place = under()
    const from = startOfDay(cityNow()).toISOString()
    const [total, matters, clock] = await Promise.all([
      figures({ under: place }, signal),
      figures({ by: 'matter', under: place, from }, signal),
      hours(place, from, signal),
    ])
    return {
      total: total.total,
      today: matters.total,
      matters: await named(matters.rows),
      hours: clock ?? [...heard.byHour],
      hoursHeard: clock === null,
      smallest: total.smallest_cell ?? null,
      position: Object.values(total.origin.position).join(', '),
      edition: String(total.origin.city_edition),
      weights: total.rules.weights ?? null,
    }
  })
