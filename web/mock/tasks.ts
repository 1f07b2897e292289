// Admission of tasks: requests to look at, the orders that ask, decide and end, a few of the refusals.
import type { Named, PostView, Said, Schemas } from '../src/api/contract'
import type { Given, NewRoutine, Request, Task, TaskRequest } from '../src/api/tasks'
import { refuse, type Question } from './api'
import type { City } from './city'

const DAY_MS = 86_400_000
const day = (from: number) => new Date(Date.now() + from * DAY_MS).toISOString().slice(0, 10)
const words = (zh: string, en: string): Said => ({ zh, en })
const BASIS = {
  basis: '未经准入的任务不得派给网格；准入以职责清单为准。',
  basis_en: 'What was not admitted is given to no grid; the list of duties decides.',
}

const MODES: Named[] = [
  { id: 'everyday', name: words('日常', 'everyday') },
  { id: 'epidemic', name: words('疫情', 'epidemic') },
]
const task = (id: string, name: Said, minutes: number, weekly: number, listed: boolean): Task => ({
  task: { id, name },
  roles: ['grid-worker'],
  listed,
  minutes,
  weekly_minutes: weekly,
  modes: weekly > 0 ? MODES : MODES.slice(1),
})
const TASKS: Task[] = [
  task('patrol', words('日常巡查', 'patrol'), 60, 420, true),
  task('key-person-visit', words('重点人员走访', 'visit of a person in need'), 30, 30, true),
  task('door-list', words('入户登记', 'door list'), 90, 0, true),
  task('survey', words('专项摸排', 'survey for a department'), 45, 45, false),
]

const HOUSING: Named = { id: 'u2', name: words('锦江区综合行政执法局', 'Jinjiang City Management') }
const CIVIL: Named = { id: 'u4', name: words('锦江区民政局', 'Jinjiang civil affairs') }

interface Kept {
  view: Request
  request: TaskRequest
  text: string
}

export class Admission {
  private readonly kept: Kept[] = []
  private given = 0
  constructor(private readonly city: City) {
    const street = city.spots.get('510104')?.children[0] ?? '510104'
    const ask = (unit: Named, of: string, place: string, more: Partial<TaskRequest> = {}) =>
      this.keep(unit, {
        task: of,
        basis: '《社会救助暂行办法》第十一条',
        place,
        from: day(-20),
        to: day(70),
        minutes: 60,
        forms: 0,
        budget: 0,
        quota: 20,
        ...more,
      }).view
    Object.assign(ask(CIVIL, 'key-person-visit', '510104'), this.admitted(10, 7, 30))
    Object.assign(ask(HOUSING, 'survey', '510104', { forms: 1 }), { stand: 'rejected' })
    const waste = { basis: '《城市管理执法办法》第八条', budget: 1_260_000, forms: 1 }
    Object.assign(ask(HOUSING, 'patrol', street, { ...waste, quota: 5 }), this.admitted(5, 3, 60))
    Object.assign(ask(CIVIL, 'patrol', '510104', { quota: 4 }), this.admitted(4, 4, 60))
    const merged = { stand: 'merged', merged_into: this.kept[0]?.view.no ?? null }
    Object.assign(ask(HOUSING, 'key-person-visit', street), merged)
    Object.assign(ask(CIVIL, 'door-list', street, { quota: 6 }), { stand: 'ended', taken: 2 })
    ask(CIVIL, 'key-person-visit', '510104', { from: day(3), to: day(180), budget: 3_500_050 })
    ask(HOUSING, 'survey', street, { ...waste, basis: '《成都市市容和环境卫生管理条例》第三十二条' })
  }

  private admitted(quota: number, taken: number, weekly_minutes: number) {
    return { stand: 'admitted', quota, taken, left: quota - taken, weekly_minutes }
  }

  private keep(
    unit: Named,
    request: TaskRequest,
    text = '困难群众和独居老人较多，需要定期上门看望。',
  ): Kept {
    const found = TASKS.find((t) => t.task.id === request.task)?.task
    const view: Request = {
      no: 12 + this.kept.length,
      task: found ?? { id: request.task, name: words(request.task, request.task) },
      unit,
      place: this.city.named(request.place),
      from: request.from,
      to: request.to,
      stand: 'asked',
      quota: null,
      taken: 0,
      left: null,
      weekly_minutes: null,
      basis: request.basis,
      asked_minutes: request.minutes,
      forms: request.forms,
      budget: request.budget,
      merged_into: null,
    }
    const kept = { view, request, text }
    this.kept.push(kept)
    return kept
  }

  view(): Schemas['Tasks'] {
    return { tasks: TASKS, askers: ['department'], requests: this.kept.map((k) => k.view).reverse() }
  }

  private find(q: Question, no: number): Kept {
    return this.kept.find((k) => k.view.no === no) ?? refuse(q, 404, `there is no order ${no}`)
  }

  show(q: Question, no: number): unknown {
    const { request, text, view } = this.find(q, no)
    const listed = TASKS.find((t) => t.task.id === request.task)?.listed ?? false
    const purpose = q.query.get('purpose')
    return {
      no,
      at: new Date().toISOString(),
      order: 'ask_task',
      person: 'p0031',
      post: 'a-2',
      changes: [
        { task_asked: { no, unit: view.unit.id, person: 'p0031', request, listed, stand: 'asked' } },
      ],
      text: purpose ? text : null,
      masked: purpose ? null : 'no purpose was given: add ?purpose=…',
    }
  }

  order(q: Question, by: PostView): unknown {
    const order = q.body as Given
    if (!by.may.includes(order.order === 'end_task' ? 'ask_task' : order.order))
      refuse(q, 403, `a ${by.role} does not give it`, {
        rule: 'powers.role',
        accepted: 'a role with it',
        ...BASIS,
      })
    if (order.order === 'ask_task') {
      if (order.request.minutes > 240)
        this.against(q, 'task.amount', `${order.request.minutes} minutes`, '1 to 240')
      return { no: this.keep(by.unit, order.request, order.text).view.no, repeated: false }
    }
    const { view, request } = this.find(q, order.no)
    if (order.order === 'end_task') Object.assign(view, { stand: 'ended', quota: null, left: null })
    else if (order.decision === 'reject') view.stand = 'rejected'
    else if ('merge' in order.decision)
      Object.assign(view, { stand: 'merged', merged_into: this.find(q, order.decision.merge.into).view.no })
    else {
      const { quota, minutes, to } = order.decision.admit
      if (TASKS.find((t) => t.task.id === request.task)?.listed !== true)
        this.against(q, 'task.unlisted', `no list of duties has \`${request.task}\``, '`reject` or `merge`')
      Object.assign(view, this.admitted(quota, 0, minutes), { to })
    }
    return { no: order.no + 100, repeated: false }
  }

  begin(q: Question): unknown {
    const routine = q.body as NewRoutine
    const { view } = this.find(q, routine.admission)
    if (view.left === 0)
      this.against(
        q,
        'task.quota',
        `${view.taken} run already under request ${view.no}`,
        '`end_routine` of one',
      )
    view.taken += 1
    if (view.left != null) view.left -= 1
    this.given += 1
    return {
      number: `20261128510104${String(this.given).padStart(5, '0')}`,
      state: 'open',
      state_words: words('办理中', 'being handled'),
      version: 1,
      position: 1,
      recorded: new Date().toISOString(),
      repeated: false,
    }
  }

  /** Two workers of the place that is asked for. */
  workload(place: string | null): Schemas['Workload'] {
    const spot = this.city.spots.get(place ?? '') ?? this.city.spots.get(this.city.root)
    const unit = { id: `u${spot?.id}`, name: words(`${spot?.name.zh}办事处`, `Office of ${spot?.name.en}`) }
    const worker = (person: string, routines: number) => ({
      unit,
      person,
      routines,
      weekly_minutes: routines * 60,
      open_threads: routines + 2,
      above: false,
    })
    return { warning_above: 2400, workers: [worker('p0104', 7), worker('p0105', 3)], total: 2 }
  }

  private against(q: Question, rule: string, detail: string, accepted: string): never {
    return refuse(q, 409, detail, { rule, accepted, ...BASIS })
  }
}
