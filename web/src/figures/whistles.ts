// Control charts of the whistle rate as the panel shows them: who lies outside first, on whichever side.
import type { WhistleChart, WhistlePoint } from '@/api/contract'

/** How many units of a chart are drawn; the others lie within their limits, or the chart would be no chart. */
export const MOST = 12

export interface Charted {
  kind: string
  /** The mean of the units, a share between 0 and 1. */
  centre: number
  count: number
  cases: number
  points: WhistlePoint[]
  /** How many are not drawn. */
  more: number
}

/** Below is as wrong as above; of those alike, how many limits a point lies off counts, then its cases. */
function rank(point: WhistlePoint, centre: number): number {
  const limit = (point.value ?? 0) < centre ? point.low : point.high
  const room = Math.abs((limit ?? 0) - centre)
  return point.signal === 'within' || room === 0 ? 0 : Math.abs((point.value ?? 0) - centre) / room
}

/** The charts of shares that have something to compare: two units with cases, and a whistle. */
export function charted(charts: readonly WhistleChart[]): Charted[] {
  return charts
    .filter((chart) => chart.figure === 'whistle_rate' && chart.count > 0)
    .map((chart) => {
      const centre = chart.centre ?? 0
      const rated = chart.points.filter((point) => point.value !== null)
      rated.sort((a, b) => rank(b, centre) - rank(a, centre) || b.cases - a.cases)
      const { kind, count, cases } = chart
      return { kind, centre, count, cases, points: rated.slice(0, MOST), more: rated.length - MOST }
    })
    .filter((chart) => chart.points.length > 1)
}
