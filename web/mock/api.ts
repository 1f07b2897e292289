// The contract, answered from a made-up city. Refusals are as the server words them: problem+json.
import type { At, CaseItem, PostView, Problem, Schemas } from '../src/api/contract'
import { boxOf, LEVELS, type City, type Spot } from './city'
import { MATTERS, TYPES, type Cases, type MockCase } from './cases'
import { Standing } from './standing'
import { Admission } from './tasks'
import { Handing } from './reassign'
import { Subscriptions } from './webhooks'
import { deskView, itemOf, ownView, STATE } from './views'
import type { DutyOrder, Order } from '../src/api/desk'

export interface Question {
  method: string
  path: string
  query: URLSearchParams
  headers: Record<string, string | string[] | undefined>
  body: unknown
}

export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title)
  }
}

const TITLES: Record<number, [string, string]> = {
  400: ['请求格式有误', 'The request is malformed'],
  401: ['需要有效的账号令牌', 'A valid token is needed'],
  403: ['无权办理', 'This may not be done'],
  404: ['没有找到', 'Not found'],
  409: ['与当前状态不符', 'The state stands against it'],
  422: ['填写内容不被接受', 'The fields are not accepted'],
  503: ['系统正忙', 'Too busy'],
}

export function refuse(q: Question, status: number, detail: string, more: Partial<Problem> = {}): never {
  const english = String(q.headers['accept-language'] ?? '').startsWith('en')
  const title = TITLES[status]?.[english ? 1 : 0] ?? String(status)
  throw new Refusal({ type: `urn:huying:problem:${status}`, title, status, detail, ...more })
}

const FILES = 'image/jpeg, image/png, image/webp, application/pdf'

/** The circumstances of a burst pipe. */
const MET = [
  { code: 'not-fenced', name: { zh: '爆管、未围挡', en: 'Pipe burst, not fenced off' } },
  { code: 'fenced', name: { zh: '爆管、已围挡', en: 'Pipe burst, fenced off' } },
]

/** `desk` is a dispatcher with a second post, `duty` the duty head of the hotline. */
const tokenOf = (q: Question) => /^Bearer (desk|duty)$/.exec(String(q.headers['authorization'] ?? ''))?.[1]
const desk = (q: Question) => tokenOf(q) !== undefined

export class Api {
  private readonly keys = new Map<string, unknown>()
  private readonly marked = new Set<number>()
  private readonly admission: Admission
  private readonly standing: Standing
  private readonly handing: Handing
  private readonly subscriptions = new Subscriptions()
  constructor(
    readonly city: City,
    readonly cases: Cases,
  ) {
    this.admission = new Admission(city)
    this.standing = new Standing(city)
    this.handing = new Handing(cases)
  }

  answer(q: Question): { status: number; body: unknown } {
    const path = q.path.replace(/^\/api\/v1/, '')
    if (q.path === '/healthz')
      return ok({ status: 'ok', position: this.cases.position, edition: 1, version: 'mock' })
    if (path === '/city') return ok(this.about())
    if (path === '/places/at') return ok(this.at(q))
    if (path === '/places/search') return ok({ hits: this.search(q) })
    const place = /^\/places\/([^/]+)(\/shape)?$/.exec(path)
    if (place) return ok(this.place(q, decodeURIComponent(place[1] ?? ''), place[2] !== undefined))
    if (path === '/matters') return ok(this.book())
    if (path === '/figures') return ok(this.figures(q))
    if (path === '/figures/costs') return ok(this.costs())
    if (path === '/figures/whistles') return ok(this.whistles())
    if (path === '/me') return (this.needDesk(q), ok(whoOf(q)))
    if (path === '/notices') return (this.needDesk(q), ok(this.notices(q)))
    if (path === '/notices/read') return (this.needDesk(q), ok(this.mark(q)))
    if (path === '/duty') return (this.needDesk(q), ok(this.duty(q)))
    if (path === '/modes') return ok(this.standing.modes())
    if (path === '/tasks') return (this.needDesk(q), ok(this.admission.view()))
    if (path === '/workload') return (this.needDesk(q), ok(this.admission.workload(q.query.get('place'))))
    if (path === '/routines') return this.routines(q)
    const order = /^\/standing(?:\/(\d+))?$/.exec(path)
    if (order) return (this.needDesk(q), ok(this.order(q, order[1])))
    if (path === '/reassignments') return (this.needDesk(q), ok(this.handing.move(q, postOf(q).may)))
    const hook = /^\/webhooks(?:\/([^/]+)(?:\/state)?)?$/.exec(path)
    if (hook) {
      this.needDesk(q)
      const name = hook[1] === undefined ? null : decodeURIComponent(hook[1])
      const body = this.subscriptions.answer(q, name, postOf(q).may)
      return { status: q.method === 'POST' ? 201 : 200, body }
    }
    if (path === '/inbox') return (this.needDesk(q), ok(this.inbox()))
    if (path === '/cases') return q.method === 'POST' ? this.call(q) : ok(this.list(q))
    const file = /^\/cases\/([^/]+)\/files$/.exec(path)
    if (file) return { status: 201, body: this.once(q, () => this.attach(q, file[1] ?? '')) }
    const near = /^\/cases\/([^/]+)\/duplicates$/.exec(path)
    if (near) return (this.needDesk(q), ok(this.near(near[1] ?? '')))
    const one = /^\/cases\/([^/]+)(\/commands)?$/.exec(path)
    if (one) return ok(this.one(q, one[1] ?? '', one[2] !== undefined))
    return refuse(q, 404, `no such path: ${q.path}`)
  }

  private needDesk(q: Question): void {
    if (!desk(q))
      refuse(q, 401, 'no token came with the request', {
        accepted: 'the header `Authorization: Bearer TOKEN`',
      })
  }

  private about() {
    return {
      id: 'chengdu',
      root: this.city.root,
      name: '成都市',
      name_en: 'Chengdu',
      bbox: this.city.bbox,
      datum: 'GCJ-02',
      zone: 'Asia/Shanghai',
      levels: LEVELS.map((l, i) => ({ id: l.id, name: l.name, synthetic: i >= 2 })),
      languages: ['zh-CN', 'en'],
      edition: 1,
    }
  }

  private place(q: Question, id: string, shape: boolean): unknown {
    const spot = this.city.spots.get(id) ?? refuse(q, 404, `no place \`${id}\``)
    if (shape) {
      const [w, s, e, n] = this.city.bbox
      const rings =
        spot.rings.length > 0
          ? spot.rings
          : [
              [
                [w, s],
                [e, s],
                [e, n],
                [w, n],
              ] as [number, number][],
            ]
      return {
        type: 'Feature',
        properties: { id },
        geometry: { type: 'MultiPolygon', coordinates: rings.map((r) => [[...r, r[0]]]) },
      }
    }
    const open = new Map<string, number>()
    for (const c of this.cases.open()) {
      for (const s of this.city.line(c.place)) open.set(s.id, (open.get(s.id) ?? 0) + 1)
    }
    const level = LEVELS.find((l) => l.id === spot.level)
    return {
      id,
      code: id,
      name: spot.name,
      level: level?.name,
      level_id: spot.level,
      kind: null,
      households: spot.households,
      residents: Math.round(spot.households * 2.8),
      units: unitsOf(spot),
      lines: [
        {
          tree: { zh: '行政区划', en: 'Administrative' },
          parents: this.city
            .line(id)
            .slice(0, -1)
            .map((s) => this.city.named(s.id)),
        },
      ],
      children: spot.children.map((c) => ({ ...this.city.named(c), open: open.get(c) ?? 0 })),
    }
  }

  private at(q: Question): At {
    const [lon, lat] = [Number(q.query.get('lon')), Number(q.query.get('lat'))]
    const found = this.city.locate(lon, lat)
    const line = found ? this.city.line(found.id) : []
    const candidate = (s: Spot) => ({
      place: s.id,
      name: s.name,
      level: s.level,
      confidence: 1,
      synthetic: s.level !== 'district',
    })
    return {
      proved: found?.id ?? null,
      line: line.map((s) => this.city.named(s.id)),
      candidates: found ? [candidate(found)] : [],
      point: { lon, lat },
    }
  }

  private search(q: Question): unknown[] {
    const words = q.query.get('q') ?? ''
    const limit = Number(q.query.get('limit') ?? 10)
    const near = [...this.city.spots.values()].filter(
      (s) => s.name.zh.includes(words) || s.name.en.toLowerCase().includes(words.toLowerCase()),
    )
    return near.slice(0, limit).map((s, i) => {
      const line = this.city.line(s.id).slice(0, -1)
      const [w, so, e, n] = s.rings.length > 0 ? boxOf(s.rings) : this.city.bbox
      return {
        place: s.id,
        kind: i % 2 === 1 ? 'compound' : 'place',
        name: i % 2 === 1 ? `${s.name.zh}${i}号院` : s.name.zh,
        level: s.level,
        lon: (w + e) / 2,
        lat: (so + n) / 2,
        line: line.map((p) => p.name.zh).join(' '),
      }
    })
  }

  private book() {
    return {
      edition: 1,
      matters: MATTERS.map(([code, name]) => ({
        code,
        name,
        class: { zh: '城市管理', en: 'City management' },
        requests: [],
        ...(code === 'pipe.burst' ? { circumstances: MET } : {}),
      })),
      request_types: TYPES.map(([code, name]) => ({ code, name })),
      channels: [{ code: 'web', name: { zh: '网站', en: 'web' } }],
    }
  }

  private figures(q: Question) {
    const under = q.query.get('under') ?? this.city.root
    const from = Date.parse(q.query.get('from') ?? '1970-01-01')
    const of = this.cases.all.filter((c) => c.opened >= from && this.city.under(c.place, under))
    const rows: unknown[] = []
    const group = (key: (c: MockCase) => string) => {
      const groups = new Map<string, MockCase[]>()
      for (const c of of) groups.set(key(c), [...(groups.get(key(c)) ?? []), c])
      for (const [k, list] of groups) rows.push({ ...this.cases.figures(list), key: k })
    }
    if (q.query.get('by') === 'matter') group((c) => c.matter)
    if (q.query.get('by') === 'hour')
      group((c) => new Date(Math.floor(c.opened / 3_600_000) * 3_600_000).toISOString())
    return {
      origin: { position: { 0: this.cases.position }, city_edition: 1, profile_edition: 'mock' },
      rules: { weights: { response: 30, solved: 35, satisfied: 35 } },
      total: this.cases.figures(of),
      rows,
    }
  }

  private costs() {
    const cases = this.cases.all.length
    const took = { recorded: Math.floor(cases / 3), closed: 1, minutes: 5_310, trips: 88, forms: 41 }
    return { rates: { currency: 'CNY' }, total: { cases, ...took, transfers: 12, per_closed_case: 4_525 } }
  }

  /** One street that never calls, one that always does, and one between. */
  private whistles() {
    const counts = [2, 44, 90]
    const points = counts.map((count, n) => {
      const signal = ['below', 'within', 'above'][n]
      const [low, high] = [0.065, 0.162]
      const value = count / 400
      return {
        key: `s${n}`,
        name: `街道${n + 1}`,
        count,
        cases: 400,
        value,
        low,
        high,
        signal,
        blind_below: false,
      }
    })
    const chart = { kind: 'street-office', figure: 'whistle_rate', chart: 'p', sigmas: 3 }
    const charts = [{ ...chart, count: 136, cases: 1200, centre: 136 / 1200, points }]
    return { whistling: { sigmas: 3 }, units: [], charts }
  }

  private inbox() {
    const threads = this.cases
      .open()
      .sort((a, b) => a.due - b.due)
      .slice(0, 60)
      .map((c) => ({
        number: c.number,
        thread: 1,
        kind: 'handle',
        kind_words: { zh: '处置', en: 'handling' },
        step: 'waiting',
        step_words: { zh: '待办', en: 'waiting' },
        opened: new Date(c.opened).toISOString(),
        due: new Date(c.due).toISOString(),
        overdue: c.due < Date.now(),
      }))
    return { threads, position: this.cases.position }
  }

  private notices(q: Question) {
    const told = this.cases.open().slice(0, 20)
    const all = told.map((c, i) => ({
      id: `${i}-1-0`,
      position: told.length - i,
      kind: 'assigned',
      text: { zh: `【呼应】${c.number}待您办理。`, en: `Case ${c.number} waits for you.` },
      number: c.number,
      overdue: c.due < Date.now(),
      at: new Date(c.opened).toISOString(),
      read: this.marked.has(told.length - i),
    }))
    return { notices: q.query.get('unread') === 'true' ? all.filter((n) => !n.read) : all }
  }

  private mark(q: Question) {
    const { positions } = q.body as { positions: number[] }
    const fresh = positions.filter((p) => !this.marked.has(p))
    fresh.forEach((p) => this.marked.add(p))
    return { marked: fresh.length }
  }

  private duty(q: Question) {
    return this.standing.duty(q.query.get('at'), q.query.get('place') !== null)
  }

  /** A standing order: of admissions, or of duty and modes. */
  private order(q: Question, no: string | undefined): unknown {
    if (no !== undefined) return this.admission.show(q, Number(no))
    const body = q.body as Order
    if (String(body.order).endsWith('_task')) return this.once(q, () => this.admission.order(q, postOf(q)))
    const { person, posts } = whoOf(q)
    const key = String(q.headers['idempotency-key'] ?? '')
    const may = posts.flatMap((p) => p.may)
    const taken = this.standing.order(body as DutyOrder, key, person, may)
    if (!('detail' in taken)) return taken
    const { status, detail, ...more } = taken
    return refuse(q, status, detail, more)
  }

  private routines(q: Question): { status: number; body: unknown } {
    this.needDesk(q)
    if (q.method !== 'POST') return ok({ routines: [], after: null })
    return { status: 201, body: this.once(q, () => this.admission.begin(q)) }
  }

  /** What was done under a key is not done again. */
  private once(q: Question, work: () => unknown): unknown {
    const key = String(q.headers['idempotency-key'] ?? '')
    const done = this.keys.get(key) ?? work()
    if (key !== '') this.keys.set(key, done)
    return done
  }

  private list(q: Question) {
    this.needDesk(q)
    const is = (key: string, value: string) => q.query.get(key) === null || q.query.get(key) === value
    const of = this.cases.all
      .filter(
        (c) =>
          is('state', c.state) &&
          is('matter', c.matter) &&
          is('number', c.number) &&
          (q.query.get('unit') === null || Handing.holds(c)) &&
          (q.query.get('overdue') !== 'true' || (c.closed === null && c.due < Date.now())),
      )
      .sort((a, b) => b.id - a.id)
      .filter((c) => c.id < Number(q.query.get('cursor') ?? Infinity))
    const limit = Number(q.query.get('limit') ?? 50)
    const page = of.slice(0, limit)
    return {
      cases: page.map(itemOf),
      next: of.length > limit ? String(page.at(-1)?.id) : null,
      position: this.cases.position,
      units: [{ id: 'u1', name: page[0]?.unit ?? { zh: '', en: '' } }],
    }
  }

  private call(q: Question): { status: number; body: unknown } {
    const key = String(q.headers['idempotency-key'] ?? '')
    if (this.keys.has(key)) return { status: 200, body: this.keys.get(key) }
    const body = (q.body ?? {}) as Record<string, unknown>
    const fields = ['title', 'body']
      .filter((f) => typeof body[f] !== 'string' || body[f] === '')
      .map((field) => ({ field, problem: 'has 0 characters', accepted: 'a text of 1 to 200 characters' }))
    if (fields.length > 0)
      refuse(q, 422, `not accepted: ${fields.map((f) => f.field).join(', ')}`, { fields })
    const spot =
      typeof body['lon'] === 'number' ? this.city.locate(Number(body['lon']), Number(body['lat'])) : null
    const place = spot?.id ?? (typeof body['place'] === 'string' ? body['place'] : this.city.root)
    const made = this.cases.call(Date.now(), {
      place,
      type: String(body['request_type']),
      urgency: String(body['urgency'] ?? 'general'),
      due: Date.now() + 7 * 86_400_000,
      ...(typeof body['lon'] === 'number' ? { lon: Number(body['lon']), lat: Number(body['lat']) } : {}),
      ...(typeof body['matter'] === 'string' ? { matter: body['matter'] } : {}),
    })
    made.steps[0]?.texts.push({ class: 'content', text: { title: body['title'], body: body['body'] } })
    const answer = {
      number: made.number,
      id: made.id,
      state: made.state,
      state_words: STATE['reported'],
      due: new Date(made.due).toISOString(),
      due_provisional: false,
      query_code: made.code,
      position: this.cases.position,
    }
    if (key !== '') this.keys.set(key, answer)
    return { status: 201, body: answer }
  }

  /** Open cases of the same matter in the same street, the two that were reported last. */
  private near(number: string) {
    const found = this.cases.find(number)
    const street = (place: string) => this.city.line(place).at(2)?.id
    const cases = this.cases
      .open()
      .filter((c) => found && c.number !== number && c.matter === found.matter)
      .filter((c) => street(c.place) === street(found?.place ?? ''))
      .sort((a, b) => b.id - a.id)
      .slice(0, 2)
      .map((c, i) => ({
        number: c.number,
        metres: 30 + 25 * i,
        exact: i === 0,
        reported: itemOf(c).opened,
        case: itemOf(c),
      }))
    const rule = {
      act: 'suggest',
      category: found?.matter ?? '',
      metres: 200,
      hours: 24,
      source: '',
      status: '',
    }
    return { cases, at_report: [], rule }
  }

  private attach(q: Question, number: string): Schemas['FileAdded'] {
    const found = this.cases.find(number)
    if (!found || (!desk(q) && q.headers['x-huying-query-code'] !== found.code))
      return refuse(q, 404, 'no such case, or not with this code')
    if (!FILES.split(', ').includes(String(q.headers['content-type'])))
      refuse(q, 415, `the body is \`${String(q.headers['content-type'])}\``, { accepted: FILES })
    const file = `f${this.keys.size}`
    const { position } = this.cases
    return { number, file, version: 2, position, recorded: new Date().toISOString(), repeated: false }
  }

  private one(q: Question, number: string, command: boolean): unknown {
    const found = this.cases.find(number)
    const code = q.headers['x-huying-query-code']
    if (!desk(q) && code === undefined) this.needDesk(q)
    if (!found || (!desk(q) && code !== found.code))
      return refuse(q, 404, 'no such case, or not with this code')
    if (!command) return desk(q) ? deskView(found, q.query.get('purpose')) : ownView(found)
    const body = q.body as Record<string, unknown>
    if (body['name'] === 'ask_return') {
      refuse(q, 403, 'a handler does not give it here', {
        rule: 'powers.role',
        accepted: 'roles: closer',
        basis: '岗位职责与权限按角色、地域、条线和期限授予，无授权不得办理。',
        basis_en: 'Powers are given by role, territory, line and period.',
      })
    }
    if (
      ['void', 'close', 'reopen'].includes(String(body['name'])) &&
      !['untrue', 'duplicate', 'done'].includes(String(body['ground']))
    ) {
      refuse(q, 422, 'not accepted: ground', {
        fields: [
          {
            field: 'ground',
            problem: `\`${String(body['ground'])}\` is not accepted`,
            accepted: 'untrue, duplicate, done',
          },
        ],
      })
    }
    const to: Record<string, CaseItem['state']> = {
      dispatch: 'open',
      finish: 'answered',
      close: 'closed',
      void: 'closed',
      reopen: 'open',
      rate: 'closed',
    }
    if (body['name'] === 'rate') found.verdict = body['verdict'] as Record<string, string>
    const name = String(body['name'])
    this.cases.step(
      found,
      name,
      to[name] ?? found.state,
      name === 'finish' ? 'answered' : `${name}ed`,
      Date.now(),
      desk(q) ? found.unit : { zh: '诉求人', en: 'the caller' },
      body['text'],
    )
    return {
      number,
      state: found.state,
      state_words: STATE[found.state],
      version: found.steps.length,
      position: this.cases.position,
      recorded: new Date().toISOString(),
      repeated: false,
    }
  }
}

function ok(body: unknown): { status: number; body: unknown } {
  return { status: 200, body }
}

/** The office of a place; a city and a district have departments too. */
function unitsOf({ id, name, level }: Spot) {
  const unit = (end: string, zh: string, en: string) => ({
    id: `u${id}${end}`,
    name: { zh: `${name.zh}${zh}`, en: `${name.en} ${en}` },
  })
  const departments = [unit('-water', '水务局', 'Water'), unit('-housing', '住建局', 'Housing')]
  const office = { id: `u${id}`, name: { zh: `${name.zh}办事处`, en: `Office of ${name.en}` } }
  return [office, ...(['city', 'district'].includes(level) ? departments : [])]
}

const whoOf = (q: Question): Schemas['Me'] => (tokenOf(q) === 'duty' ? head() : me())

function postOf(q: Question): PostView {
  const { posts } = whoOf(q)
  const found = posts.find((p) => p.post === q.headers['x-huying-post']) ?? posts[0]
  return found ?? refuse(q, 403, 'no post')
}

function head(): Schemas['Me'] {
  const unit = { id: 'u510100-hotline', name: { zh: '市热线', en: 'the city hotline' } }
  const role = { role: 'closer', role_words: { zh: '值班长', en: 'duty head' } }
  const may = ['close', 'reopen', 'decide_whistle', 'duty']
  const office = { id: 'u510100', name: { zh: '市城运中心', en: 'the city operations centre' } }
  const runs = { role: 'administrator', role_words: { zh: '系统管理员', en: 'administrator' } }
  const administers = ['erase', 'administer', 'audit', 'duty', 'reassign']
  const posts = [
    { post: 'd-1', unit, ...role, may },
    { post: 'd-2', unit: office, ...runs, may: administers },
  ]
  return { person: 'p0001', name: '虚构值班长', posts }
}

function me(): Schemas['Me'] {
  return {
    person: 'p0007',
    name: '虚构派遣员',
    posts: [
      {
        post: 'a-1',
        unit: { id: 'u1', name: { zh: '锦江区网络理政中心', en: 'Jinjiang online office' } },
        role: 'dispatcher',
        role_words: { zh: '派遣员', en: 'dispatcher' },
        may: ['dispatch', 'redispatch', 'void', 'note'],
      },
      {
        post: 'a-2',
        unit: { id: 'u2', name: { zh: '锦江区综合行政执法局', en: 'Jinjiang City Management' } },
        role: 'handler',
        role_words: { zh: '承办人', en: 'handler' },
        may: ['sign', 'finish', 'note', 'ask_task', 'assign', 'end_routine'],
        territory: '510104',
        deputy_of: 'p0012',
      },
      {
        post: 'a-3',
        unit: { id: 'u3', name: { zh: '锦江区社区发展治理办', en: 'Jinjiang community office' } },
        role: 'community-office',
        role_words: { zh: '社区发展治理办', en: 'community-development office' },
        may: ['review_task'],
      },
    ],
  }
}
