// Cases of the mock city: they come, are handled, answered, judged. A made-up life, enough to look at the page.
import type { CaseItem } from '../src/api/contract'
import type { LiveEvent, Rate, Said } from '../src/api/contract'
import type { City } from './city'
import { pick, seeded, weighted, type Random } from './random'

export interface Step {
  position: number
  at: number
  command: string
  actor: Said
  texts: { class: string; text: unknown }[]
}

export interface MockCase {
  id: number
  number: string
  code: string
  state: CaseItem['state']
  matter: string
  type: string
  urgency: string
  identity: string | null
  place: string
  lon: number
  lat: number
  opened: number
  due: number
  closed: number | null
  unit: Said
  steps: Step[]
  verdict: Record<string, string>
}

export const MATTERS: [string, Said, number][] = [
  ['noise.night', { zh: '夜间施工噪声', en: 'Night construction noise' }, 14],
  ['light.out', { zh: '路灯不亮', en: 'Street light out' }, 9],
  ['rubbish.pile', { zh: '生活垃圾堆放', en: 'Piled-up rubbish' }, 12],
  ['parking', { zh: '占道停车', en: 'Parking on the road' }, 13],
  ['property', { zh: '物业管理', en: 'Property management' }, 16],
  ['pipe.burst', { zh: '供水管破裂', en: 'Burst water pipe' }, 4],
  ['lift', { zh: '电梯故障', en: 'Lift out of order' }, 6],
  ['illegal.build', { zh: '违法建设', en: 'Illegal building' }, 5],
  ['manhole', { zh: '井盖缺损', en: 'Broken manhole cover' }, 4],
  ['ebike', { zh: '电动车进楼充电', en: 'E-bikes charged indoors' }, 7],
]
export const TYPES: [string, Said][] = [
  ['consult', { zh: '咨询', en: 'question' }],
  ['help', { zh: '求助', en: 'request for help' }],
  ['complaint', { zh: '投诉', en: 'complaint' }],
  ['report', { zh: '举报', en: 'report of wrongdoing' }],
  ['suggest', { zh: '建议', en: 'suggestion' }],
  ['praise', { zh: '表扬', en: 'praise' }],
]
const CALLER: Said = { zh: '诉求人', en: 'the caller' }
type Way = [command: string, state: CaseItem['state'], what: string]
const NEXT: Record<string, Way[]> = {
  reported: [['dispatch', 'open', 'dispatched']],
  open: [
    ['sign', 'open', 'signed'],
    ['finish', 'answered', 'answered'],
    ['finish', 'answered', 'answered'],
  ],
  answered: [
    ['rate', 'closed', 'rated'],
    ['close', 'closed', 'closed'],
  ],
}
const HOUR = 3_600_000
export const WORDS: Record<string, Said> = {
  report: { zh: '登记', en: 'registered' },
  dispatch: { zh: '派遣交承办单位', en: 'sent to the unit' },
  sign: { zh: '承办单位签收', en: 'signed for' },
  finish: { zh: '办结反馈', en: 'reported as done' },
  rate: { zh: '诉求人评价', en: 'rated by the caller' },
  close: { zh: '结案', en: 'closed' },
  note: { zh: '备注', en: 'note' },
}

export class Cases {
  readonly all: MockCase[] = []
  readonly log: LiveEvent[] = []
  private readonly random: Random
  private readonly leaves
  listeners = new Set<(event: LiveEvent) => void>()

  constructor(
    private readonly city: City,
    many: number,
    seed = 11,
  ) {
    this.random = seeded(seed)
    const heart = [104.065, 30.66]
    this.leaves = [...city.spots.values()]
      .filter((s) => s.level === 'micro-grid')
      .map((s) => {
        const [x, y] = s.rings[0]?.[0] ?? [0, 0]
        return [s, 1 / (0.004 + (x - (heart[0] ?? 0)) ** 2 + (y - (heart[1] ?? 0)) ** 2)] as const
      })
    const now = Date.now()
    for (let i = 0; i < many; i += 1) this.call(now - (many - i) * 40_000 - this.random() * 40_000)
    for (let i = 0; i < many * 3; i += 1) this.advance(now - (many * 3 - i) * 12_000)
  }

  get position(): number {
    return this.log.at(-1)?.position ?? 0
  }

  open(): MockCase[] {
    return this.all.filter((c) => c.state !== 'closed')
  }

  find(number: string): MockCase | undefined {
    return this.all.find((c) => c.number === number)
  }

  call(at: number, given: Partial<MockCase> = {}): MockCase {
    const leaf = weighted(this.random, this.leaves)
    const [lon, lat] = this.city.inside(leaf, this.random)
    const id = this.all.length + 1
    const day = new Date(at).toISOString().slice(0, 10).replaceAll('-', '')
    const place: string = given.place ?? leaf.id
    const district = this.city.line(place)[1]
    const made: MockCase = {
      id,
      number: `${day}${district?.id ?? '510100'}${String(id).padStart(5, '0')}`,
      code: Array.from({ length: 8 }, () =>
        pick(this.random, [...'ABCDEFGHJKLMNPQRSTUVWXYZ23456789']),
      ).join(''),
      state: 'reported',
      matter: weighted(
        this.random,
        MATTERS.map((m) => [m[0], m[2]] as const),
      ),
      type: pick(this.random, TYPES)[0],
      urgency: weighted(this.random, [
        ['general', 20],
        ['urgent', 3],
        ['emergency', 1],
      ]),
      identity: null,
      lon,
      lat,
      opened: at,
      due: at + (this.random() < 0.12 ? 0.5 : 30 + this.random() * 90) * HOUR,
      closed: null,
      unit: {
        zh: `${district?.name.zh ?? ''}综合行政执法局`,
        en: `${district?.name.en ?? ''} City Management`,
      },
      steps: [],
      verdict: {},
      ...(given as object),
      place,
    }
    this.all.push(made)
    this.step(made, 'report', 'reported', 'reported', at, CALLER)
    return made
  }

  /** Moves some open case one step on. */
  advance(at: number): void {
    const open = this.open().filter((c) => c.opened < at)
    if (open.length === 0) return
    const one = open[Math.floor(this.random() ** 2 * open.length)] as MockCase
    const ways: Way[] = NEXT[one.state] ?? [['note', one.state, 'noted']]
    const way = pick(this.random, ways)
    this.step(one, way[0], way[1], way[2], at, way[0] === 'rate' ? CALLER : one.unit)
  }

  step(
    of: MockCase,
    command: string,
    state: CaseItem['state'],
    what: string,
    at: number,
    actor: Said,
    text?: unknown,
  ): void {
    of.state = state
    if (state === 'closed') of.closed = at
    if (command === 'rate' && Object.keys(of.verdict).length === 0) {
      of.verdict = { satisfied: this.random() < 0.86 ? 'satisfied' : 'not-satisfied', solved: 'solved' }
    }
    const position = this.position + 1
    of.steps.push({
      position,
      at,
      command,
      actor,
      texts: text === undefined ? [] : [{ class: command === 'report' ? 'content' : 'note', text }],
    })
    const matter = MATTERS.find((m) => m[0] === of.matter)?.[1] ?? null
    const street = this.city.line(of.place).at(Math.min(3, this.city.line(of.place).length - 1))
    const event: LiveEvent = {
      position,
      case: of.id,
      number: of.number,
      state,
      matter: of.matter,
      matter_name: matter,
      place: of.place,
      place_name: street?.name ?? null,
      lon: of.lon,
      lat: of.lat,
      urgency: of.urgency,
      at: new Date(at).toISOString(),
      what: [what],
      overdue: of.closed === null && of.due < at,
    }
    this.log.push(event)
    for (const listener of this.listeners) listener(event)
  }

  figures(of: MockCase[]): Record<string, unknown> {
    const now = Date.now()
    const closed = of.filter((c) => c.closed !== null)
    const late = of.filter((c) => c.closed === null && c.due < now)
    const judged = closed.filter((c) => c.verdict['satisfied'] !== undefined)
    return {
      key: null,
      name: null,
      received: of.length,
      open: of.length - closed.length,
      overdue_open: late.length,
      on_time: rate(closed.filter((c) => (c.closed ?? 0) <= c.due).length, closed.length),
      on_time_judged: rate(
        closed.filter((c) => (c.closed ?? 0) <= c.due).length,
        closed.length + late.length,
      ),
      satisfied: rate(
        judged.filter((c) => c.verdict['satisfied'] !== 'not-satisfied').length,
        judged.length,
      ),
      solved: rate(judged.length, judged.length),
      responded: rate(closed.length, closed.length),
      transferred: Math.floor(of.length / 9),
      reworked: Math.floor(of.length / 21),
      urged: Math.floor(of.length / 5),
      on_notice: 0,
      quick: Math.floor(of.length / 3),
      forced: 0,
      score: judged.length ? 88.4 : null,
    }
  }
}

/** Wilson's score interval at 95 %, as the server computes it. */
export function rate(numerator: number, denominator: number): Rate {
  if (denominator === 0) return { numerator, denominator, percent: null, low: null, high: null }
  const z = 1.959963985
  const p = numerator / denominator
  const middle = p + (z * z) / (2 * denominator)
  const wide = z * Math.sqrt((p * (1 - p) + (z * z) / (4 * denominator)) / denominator)
  const scale = 1 + (z * z) / denominator
  const percent = (v: number) => Math.round(v * 10000) / 100
  return {
    numerator,
    denominator,
    percent: percent(p),
    low: percent((middle - wide) / scale),
    high: percent((middle + wide) / scale),
  }
}
