// What came of a reassignment, batch by batch: what moved, and what stays by which rule.
import type { Batch, Stayed } from '@/api/reassign'

export interface Report {
  /** Of whom and to whom, by name. */
  from: string
  to: string
  moved: string[]
  stayed: Stayed[]
  /** Where it goes on; null once all of it was tried. */
  next: number | null
}

export const withBatch = (report: Report, batch: Batch): Report => ({
  ...report,
  moved: [...report.moved, ...batch.moved],
  stayed: [...report.stayed, ...batch.refused],
  next: batch.next ?? null,
})

/** What stays, by the rule that keeps it there, with what all of them would accept; most cases first. */
export function byRule(stayed: readonly Stayed[]): { rule: string; cases: Stayed[]; accepted: string }[] {
  const rules = new Map<string, Stayed[]>()
  for (const one of stayed) rules.set(one.refusal.rule, [...(rules.get(one.refusal.rule) ?? []), one])
  const all = [...rules].map(([rule, cases]) => {
    const accepted = new Set(cases.map((one) => one.refusal.accepted))
    return { rule, cases, accepted: accepted.size === 1 ? ([...accepted][0] ?? '') : '' }
  })
  return all.sort((a, b) => b.cases.length - a.cases.length)
}
