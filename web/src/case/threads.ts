// The threads of a case as they belong together: the ladder from below, each whistle with its summonses, the rest.
import type { ThreadView } from '@/api/contract'

/** A thread with what grew from it. */
export interface Node {
  thread: ThreadView
  under: Node[]
}

export interface Groups {
  ladder: Node[]
  whistles: Node[]
  rest: Node[]
}

/** What stands for itself, although it grew from another: a rung from the one below, a whistle from a rung. */
const OWN = ['rung', 'whistle']

export function groupsOf(threads: readonly ThreadView[]): Groups {
  const known = new Set(threads.map((t) => t.thread))
  const own = (t: ThreadView) => OWN.includes(t.kind) || t.under == null || !known.has(t.under)
  const node = (thread: ThreadView): Node => ({
    thread,
    under: threads.filter((t) => t.under === thread.thread && !OWN.includes(t.kind)).map(node),
  })
  const of = (kind: string) => threads.filter((t) => t.kind === kind).map(node)
  return {
    ladder: of('rung').sort((a, b) => (a.thread.rank ?? 0) - (b.thread.rank ?? 0)),
    whistles: of('whistle'),
    rest: threads.filter((t) => own(t) && !OWN.includes(t.kind)).map(node),
  }
}
