// Duty and modes of the mock: a seat with a turn, one that is empty, a mode to come; orders change them.
import type { Named, Problem } from '../src/api/contract'
import type { Declared, Gap, Mode, DutyOrder, Seat } from '../src/api/desk'
import type { City } from './city'

const HOUR = 3_600_000
const DESK: Named = { id: 'u510100-hotline', name: { zh: '市热线', en: 'the city hotline' } }
const AT: Named = { id: 'duty-desk', name: { zh: '值班席', en: 'duty desk' } }
const STREET: Named = { id: 'u510104017', name: { zh: '锦官驿街道办事处', en: 'u510104017' } }
const ROOM: Named = { id: 'street-desk', name: { zh: '街道值班', en: 'street duty desk' } }

const HEADS = [{ level: 'street', roles: ['closer'] }]
const MODES: Mode[] = [
  { id: 'emergency', name: { zh: '安全应急', en: 'safety emergency' }, seats: [AT, ROOM], declare: HEADS },
  { id: 'epidemic', name: { zh: '疫情防控', en: 'epidemic control' }, seats: [ROOM], declare: HEADS },
  { id: 'everyday', name: { zh: '为民服务', en: 'everyday service' }, seats: [], declare: [] },
]

const iso = (at: number) => new Date(at).toISOString()
type Refused = { status: number; detail: string } & Partial<Problem>
const dutyBasis = { basis: '值班席二十四小时在岗，交接班签字留痕。', basis_en: 'Each handover is signed.' }
const modeBasis = {
  basis: '平急转换由有权机关对一定区域、一定时段宣布，转换留痕。',
  basis_en: 'A mode is declared by an authority for an area and a time; the conversion stays on record.',
}

export class Standing {
  private no = 41
  private readonly given = new Map<string, number>()
  private readonly seats: Seat[]
  private readonly gaps: Gap[] = [{ unit: STREET, seat: ROOM }]
  private declared: Declared[]

  constructor(private readonly city: City) {
    const now = Date.now()
    const turn = { shift: '白班', person: 'p0001', from: iso(now - HOUR), to: iso(now + 7 * HOUR) }
    this.seats = [{ unit: DESK, seat: AT, ...turn, vacant: false, open: [] }]
    const { id, name } = MODES[1] as Mode
    const epidemic = { id, name }
    this.declared = [
      {
        no: 12,
        mode: epidemic,
        place: city.named('510105'),
        from: iso(now + 20 * HOUR),
        to: iso(now + 90 * HOUR),
        authority: '区疫情防控指挥部',
      },
    ]
  }

  duty(at: string | null, everywhere: boolean) {
    // Before the turn that is on somebody else had it, so that a handover has two sides.
    const past = at !== null && this.seats.some((s) => at < s.from)
    const seats = past ? this.seats.map((s) => ({ ...s, person: 'p0007' })) : this.seats
    return { at: at ?? iso(Date.now()), seats, gaps: everywhere ? this.gaps : [] }
  }

  modes() {
    return { modes: MODES, declared: this.declared.filter((m) => Date.parse(m.to) > Date.now()) }
  }

  /** Takes an order once under a key, or says what stands against it. */
  order(
    order: DutyOrder,
    key: string,
    person: string,
    may: string[],
  ): { no: number; repeated: boolean } | Refused {
    const known = this.given.get(key)
    if (known !== undefined) return { no: known, repeated: true }
    const refused = this.take(order, person, may)
    if (refused) return refused
    this.no += 1
    if (key !== '') this.given.set(key, this.no)
    return { no: this.no, repeated: false }
  }

  private take(order: DutyOrder, person: string, may: string[]): Refused | null {
    if (order.order === 'declare_mode') return this.declare(order)
    if (order.order === 'end_mode') {
      this.declared = this.declared.filter((m) => m.no !== order.no)
      return null
    }
    if (order.order === 'hand_over') return this.handOver(order, person)
    if (!may.includes('duty'))
      return {
        status: 403,
        detail: 'a dispatcher does not give this order',
        rule: 'powers.role',
        accepted: 'a role whose `may` lists `duty`',
        ...dutyBasis,
      }
    return order.order === 'set_duty' ? this.set(order) : this.change(order)
  }

  private declare(order: DutyOrder & { order: 'declare_mode' }): Refused | null {
    const mode = MODES.find((m) => m.id === order.mode)
    if (!mode || mode.id !== 'emergency')
      return {
        status: 409,
        detail: `a closer does not declare \`${order.mode}\` for a district`,
        rule: 'mode.authority',
        accepted: 'city: supervisor; district: supervisor; street: supervisor',
        ...modeBasis,
      }
    const from = order.from ?? iso(Date.now())
    const { no, city } = this
    const place = city.named(order.place)
    this.declared = [
      ...this.declared,
      { no: no + 1, mode, place, from, to: order.to, authority: '区应急指挥部' },
    ]
    return null
  }

  private handOver(order: DutyOrder & { order: 'hand_over' }, person: string): Refused | null {
    const seat = this.seats.find((s) => s.unit.id === order.unit && s.seat.id === order.seat)
    const no = (rule: string, detail: string, accepted: string) =>
      ({ status: 409, detail, rule, accepted, ...dutyBasis }) satisfies Refused
    if (!seat) return no('duty.none', `\`${order.unit}\` has no roster`, 'a seat that has a roster')
    if (!['p0007', seat.person].includes(person))
      return no('duty.signer', `${person} neither goes nor comes`, `p0007 or ${seat.person}`)
    if (seat.handed_over) return no('duty.signed', 'this turn was handed over already', 'the next turn')
    seat.handed_over = iso(Date.now())
    seat.open = order.open
    return null
  }

  private set({ roster }: DutyOrder & { order: 'set_duty' }): Refused | null {
    const stranger = roster.crew.find((p) => !/^p\d{4}$/.test(p))
    if (stranger !== undefined)
      return {
        status: 409,
        detail: `\`${stranger}\` has no post in \`${roster.unit}\` today`,
        rule: 'duty.crew',
        accepted: 'people with a post in the unit',
        ...dutyBasis,
      }
    const is = (s: { unit: Named; seat: Named }) => s.unit.id === roster.unit && s.seat.id === roster.seat
    const held = this.seats.find(is)
    const gap = this.gaps.findIndex(is)
    const [first, person] = [roster.shifts[0], roster.crew[0]]
    if (held) Object.assign(held, { shift: first?.name, person })
    else if (gap >= 0) {
      const [{ unit, seat }] = this.gaps.splice(gap, 1) as [Gap]
      const now = Date.now()
      const turn = {
        shift: first?.name ?? '',
        person: person ?? '',
        from: iso(now),
        to: iso(now + 8 * HOUR),
      }
      this.seats.push({ unit, seat, ...turn, vacant: false, open: [] })
    }
    return null
  }

  private change(order: DutyOrder & { order: 'swap_duty' | 'end_duty' }): Refused | null {
    const at = this.seats.findIndex((s) => s.unit.id === order.unit && s.seat.id === order.seat)
    const seat = this.seats[at]
    if (!seat)
      return {
        status: 409,
        detail: `\`${order.unit}\` has no roster for \`${order.seat}\``,
        rule: 'duty.none',
        accepted: 'a seat that has a roster, or `set_duty`',
        ...dutyBasis,
      }
    if (order.order === 'swap_duty') seat.person = order.swap.person
    else {
      this.seats.splice(at, 1)
      this.gaps.push({ unit: seat.unit, seat: seat.seat })
    }
    return null
  }
}
