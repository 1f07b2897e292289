// Reassignment of the mock: a share of the open cases is what every unit holds, some of which refuse to move.
import type { Batch, Party, Stayed } from '../src/api/reassign'
import { refuse, type Question } from './api'
import type { Cases, MockCase } from './cases'

const BATCH = 60
const RULES: Record<number, Omit<Stayed, 'number'>> = {
  0: {
    words: '同一人或同一单位不能既办又审：请由另一人办理。',
    refusal: {
      rule: 'powers.apart',
      why: 'thread 3 (Check) must not be with u510104-water',
      basis: '处置与核查分离，办理与考评分离，同一单位不得自办自核。',
      accepted: 'another unit',
    },
  },
  1: {
    words: '不能召集自己，也不能裁判自己一方。',
    refusal: {
      rule: 'whistle.self',
      why: 'u510104-water would answer the summons 5 and judge it',
      basis: null,
      accepted: 'a unit on neither side of the whistle',
    },
  },
}

export class Handing {
  private readonly gone = new Set<string>()
  constructor(private readonly cases: Cases) {}

  /** What a unit has: the same share of the open cases for each. */
  static holds = (c: MockCase): boolean => c.closed === null && c.id % 4 === 0

  move(q: Question, may: string[]): Batch {
    if (!may.includes('reassign'))
      refuse(q, 403, 'a dispatcher does not give `reassign`', {
        rule: 'powers.role',
        accepted: 'a role that may `reassign`',
      })
    const { from, to, after } = q.body as { from: Party; to: Party; after?: number }
    if (from.unit === to.unit && from.person === to.person) return { moved: [], refused: [], next: null }
    const left = this.cases
      .open()
      .filter((c) => Handing.holds(c) && !this.gone.has(c.number) && c.id > (after ?? 0))
      .sort((a, b) => a.id - b.id)
    const batch = left.slice(0, BATCH)
    const rule = (c: MockCase) => RULES[(c.id / 4) % 17]
    const moved = batch.filter((c) => !rule(c)).map((c) => c.number)
    moved.forEach((number) => this.gone.add(number))
    const refused = batch.flatMap((c) => {
      const found = rule(c)
      return found ? [{ number: c.number, ...found }] : []
    })
    return { moved, refused, next: left.length > BATCH ? (batch.at(-1)?.id ?? null) : null }
  }
}
