// Admission of tasks: who may do what, what is sent, and that a refusal costs nothing that was typed.
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PostView } from '@/api/contract'
import { forgetPlaces } from '@/api/city'
import type { Request } from '@/api/tasks'
import { i18n, setLanguage } from '@/i18n'
import { session } from '@/shell/session'
import { input, stubs as plain, submit } from '@/shell/testing'
import TasksPage from './TasksPage.vue'
import { actsOf, dayAfter, emptyDraft, lastDay, money, requestOf, standOf } from './request'

const said = (zh: string) => ({ zh, en: zh })
const named = (id: string, zh = id) => ({ id, name: said(zh) })
const request = (no: number, more: Partial<Request> = {}): Request => ({
  no,
  task: named('visit', '重点人员走访'),
  unit: named('u-housing', '住建局'),
  place: named('510104', '锦江区'),
  from: '2020-01-01',
  to: '2099-01-01',
  stand: 'asked',
  taken: 0,
  basis: '社会救助暂行办法',
  asked_minutes: 60,
  forms: 1,
  budget: 1_250_000,
  ...more,
})
const admitted = { stand: 'admitted', quota: 10, taken: 3, left: 7, weekly_minutes: 30 }
const template = (id: string, listed: boolean) => ({
  task: named(id, id === 'visit' ? '重点人员走访' : '专项摸排'),
  roles: ['grid-worker'],
  listed,
  minutes: 30,
  weekly_minutes: 30,
  modes: [named('everyday', '日常')],
})
const post = (unit: string, ...may: string[]): PostView => ({
  post: 'a',
  unit: named(unit),
  role: 'r',
  territory: '510104',
  may,
})

const asked: { address: string; body: unknown; key: string | null }[] = []
let requests: Request[] = []
let refusal: object | null = null

function answer(address: string, posted: boolean): [number, unknown] {
  if (posted && refusal) return [409, refusal]
  if (address.endsWith('/tasks'))
    return [200, { tasks: [template('visit', true), template('survey', false)], askers: [], requests }]
  if (address.includes('/places/'))
    return [200, { ...named('510104', '锦江区'), children: [], lines: [], units: [named('u-street')] }]
  if (address.includes('/workload'))
    return [200, { workers: [{ unit: named('u-grid'), person: 'p7', weekly_minutes: 90 }], total: 1 }]
  if (address.includes('/standing/'))
    return [
      200,
      { no: 1, changes: [{ task_asked: { request: { quota: 20 }, listed: true } }], text: '独居' },
    ]
  if (address.endsWith('/routines')) return [201, { number: 'N77' }]
  return [200, { no: 31, repeated: false }]
}

beforeEach(() => {
  setLanguage('zh-CN')
  forgetPlaces()
  asked.length = 0
  requests = []
  refusal = null
  vi.stubGlobal('scrollTo', () => undefined)
  vi.stubGlobal('fetch', (address: string, init: RequestInit) => {
    const posted = init.method === 'POST'
    const key = (init.headers as Record<string, string>)['idempotency-key'] ?? null
    asked.push({ address, body: posted ? JSON.parse(String(init.body)) : null, key })
    const [status, body] = answer(address, posted)
    return Promise.resolve(new Response(JSON.stringify(body), { status }))
  })
})
afterEach(() => {
  session.me = session.post = null
  vi.unstubAllGlobals()
})
const sent = () => asked.filter((a) => a.body !== null)

const stubs = {
  ...plain,
  ElDatePicker: input,
  ElInputNumber: {
    ...input,
    template: '<input :value="modelValue" @input="$emit(\'update:modelValue\', +$event.target.value)" />',
  },
  ElRadioGroup: input,
}
async function shown(by: PostView): Promise<VueWrapper> {
  session.me = { person: 'p', name: '某', posts: [by] }
  session.post = by.post
  const page = mount(TasksPage, { global: { plugins: [i18n], stubs } })
  await flushPromises()
  return page
}
async function press(page: VueWrapper, what: string): Promise<void> {
  await page.find(`[data-test=${what}]`).trigger('click')
  await flushPromises()
}
const acts = (page: VueWrapper) => page.findAll('.acts button').map((b) => b.attributes('data-test'))

describe('a request', () => {
  it('counts up to a day, and is told by its last one', () => {
    expect(lastDay('2026-03-01')).toBe('2026-02-28')
    expect(dayAfter('2028-02-28')).toBe('2028-02-29')
    expect(dayAfter(lastDay('2027-01-01'))).toBe('2027-01-01')
  })
  it('says its money as people write it', () => {
    expect(money(1_260_000, 'zh-CN')).toBe('¥12,600')
    expect(money(50, 'zh-CN')).toBe('¥0.50')
    expect(money(3_500_050, 'en')).toMatch(/^CN¥35,000\.50$/)
  })
  it('is sent whole or not at all', () => {
    const draft = { ...emptyDraft('2026-03-01'), task: 'visit', basis: ' 办法 ', place: named('510104') }
    expect(requestOf({ ...draft, minutes: 60, quota: 20, text: '走访' })).toBeNull()
    const whole = { ...draft, last: '2026-05-31', minutes: 60, quota: 20, yuan: 0.29, text: '走访' }
    expect(requestOf(whole)).toEqual({
      task: 'visit',
      basis: '办法',
      place: '510104',
      from: '2026-03-01',
      to: '2026-06-01',
      minutes: 60,
      forms: 0,
      budget: 29,
      quota: 20,
    })
    expect(requestOf({ ...whole, text: ' ' })).toBeNull()
  })
  it('is over once its days are, and then nothing is given under it', () => {
    const today = '2026-03-01'
    const [held, over, early] = [
      request(1, { ...admitted, to: '2026-03-02' }),
      request(2, { ...admitted, to: today }),
      request(3, { ...admitted, from: '2026-03-02' }),
    ]
    const all = [held, over, early]
    const gives = (r: Request) => actsOf(r, all, post('u', 'assign'), today)
    expect(all.map((r) => standOf(r, today))).toEqual(['admitted', 'over', 'admitted'])
    expect(all.map((r) => gives(r).length)).toEqual([1, 0, 0])
    expect(gives(request(4, { ...admitted, left: 0 }))).toEqual([])
    // One that was merged counts on the other.
    expect(gives(request(5, { stand: 'merged', merged_into: 1 }))).toEqual(['assign'])
    expect(gives(request(6, { stand: 'merged', merged_into: 2 }))).toEqual([])
    expect(gives(request(7, { stand: 'merged', merged_into: 99 }))).toEqual(['assign'])
  })
  it('is decided by another unit than the one that asked, and ended by either', () => {
    const by = (r: Request, p: PostView) => actsOf(r, [r], p, '2026-03-01')
    expect(by(request(1), post('u-office', 'review_task'))).toEqual(['review'])
    expect(by(request(1), post('u-housing', 'review_task', 'ask_task'))).toEqual([])
    expect(by(request(1, admitted), post('u-office', 'review_task'))).toEqual(['end'])
    expect(by(request(1, admitted), post('u-housing', 'ask_task'))).toEqual(['end'])
    expect(by(request(1, admitted), post('u-other', 'ask_task'))).toEqual([])
  })
  it('is given to workers by whoever asked, and by those who need not ask', () => {
    const by = (p: PostView) => actsOf(request(1, admitted), [], p, '2026-03-01')
    expect(by(post('u-housing', 'ask_task', 'assign'))).toEqual(['assign', 'end'])
    expect(by(post('u-other', 'ask_task', 'assign'))).toEqual([])
    expect(by(post('u-street', 'assign'))).toEqual(['assign'])
  })
})

it('shows every request with what of it is taken and where it stands', async () => {
  requests = [
    request(14),
    request(13, admitted),
    request(12, { ...admitted, taken: 10, left: 0 }),
    request(11, { stand: 'merged', merged_into: 13 }),
    request(10, { stand: 'rejected', budget: 0, forms: 0 }),
    request(9, { stand: 'ended', taken: 2 }),
  ]
  const page = await shown(post('u-desk'))
  const rows = page.findAll('li').map((row) => row.text().replace(/\s+/g, ' '))
  expect(rows).toHaveLength(6)
  expect(rows[0]).toContain('重点人员走访第 14 号')
  expect(rows[0]).toContain('住建局 · 锦江区')
  expect(rows[0]).toContain('2020-01-01 至 2098-12-31')
  expect(rows[0]).toContain('每周 60 分钟 · 每次填表 1 张')
  expect(rows[0]).toContain('¥12,500')
  expect(rows[0]).toContain('待审核')
  expect(rows[1]).toContain('每周 30 分钟（申请 60 分钟）')
  expect(rows[1]).toContain('已派 3 / 额度 10 余 7')
  expect(page.find('.fill').attributes('style')).toContain('30%')
  expect(rows[2]).toContain('额度已满')
  expect(rows[3]).toContain('并入第 13 号')
  expect(rows[4]).toContain('不予准入')
  expect(rows[4]).toContain('未附经费')
  expect(rows[5]).toContain('仍有 2 项在执行')
  // Whoever has none of the powers is offered nothing.
  expect(acts(page)).toEqual([])
  expect(page.find('[data-test=ask]').exists()).toBe(false)
  page.unmount()
})

it('says that nothing was asked, and why nothing can be shown', async () => {
  const page = await shown(post('u-desk'))
  expect(page.find('.none').text()).toContain('没有准入申请')
  page.unmount()
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('down')))
  const down = await shown(post('u-desk'))
  expect(down.find('.problem').text()).toContain('再试一次')
  down.unmount()
})

it('asks, says at once what the list of duties has, and keeps what was typed when refused', async () => {
  const page = await shown(post('u-housing', 'ask_task'))
  await press(page, 'ask')
  const fill = (field: string, value: string) => page.find(`#ask-${field}`).setValue(value)
  await fill('task', 'survey')
  expect(page.find('[data-test=template]').text()).toContain('不在职责清单内')
  await fill('task', 'visit')
  expect(page.find('[data-test=template]').text()).toMatch(/职责清单内事项.*平时每周 30 分钟/s)
  await submit(page)
  expect(sent()).toEqual([])

  const typed = { basis: '社会救助暂行办法', from: '2026-03-01', last: '2026-05-31', text: '走访' }
  for (const [field, value] of Object.entries(typed)) await fill(field, value)
  for (const [field, n] of Object.entries({ minutes: 60, quota: 20, forms: 1, yuan: 12_500.5 }))
    await fill(field, String(n))
  refusal = { title: '不能', status: 409, rule: 'task.amount', basis: '职责清单', accepted: '1 to 240' }
  await submit(page)
  await submit(page)
  const problem = page.find('form .problem').text()
  for (const part of ['task.amount', '职责清单', '1 to 240']) expect(problem).toContain(part)
  expect((page.find('#ask-basis').element as HTMLInputElement).value).toBe('社会救助暂行办法')

  refusal = null
  await fill('minutes', '50')
  await submit(page)
  const [first, again, changed] = sent()
  expect(changed?.body).toEqual({
    order: 'ask_task',
    request: {
      task: 'visit',
      basis: '社会救助暂行办法',
      place: '510104',
      from: '2026-03-01',
      to: '2026-06-01',
      minutes: 50,
      forms: 1,
      budget: 1_250_050,
      quota: 20,
    },
    text: '走访',
  })
  // The same once more is the same order; what was changed is another.
  expect(first?.key).toBe(again?.key)
  expect(changed?.key).not.toBe(first?.key)
  expect(page.find('form').exists()).toBe(false)
  expect(page.find('.told').text()).toContain('第 31 号')
  page.unmount()
})

it('reviews with what was asked before it, admits no more, rejects or merges', async () => {
  requests = [request(14, { to: '2098-06-01' }), request(13, admitted), request(12)]
  const page = await shown(post('u-office', 'review_task'))
  await press(page, 'review')
  const value = (field: string) => (page.find(`#review-14-${field}`).element as HTMLInputElement).value
  expect(['quota', 'minutes', 'last'].map(value)).toEqual(['20', '60', '2098-05-31'])
  expect(page.find('#review-14-quota').attributes('max')).toBe('20')
  expect(page.find('#review-14-minutes').attributes('max')).toBe('60')

  await page.find('#words-14').setValue('审核')
  await page
    .findAll('form button')
    .find((b) => b.text().includes('留痕'))
    ?.trigger('click')
  await flushPromises()
  expect(asked.at(-1)?.address).toContain('/standing/14?purpose=')
  expect(page.find('[data-test=words]').text()).toBe('独居')

  await page.find('#review-14-quota').setValue('10')
  await page.find('#review-14-text').setValue('同意')
  await submit(page)
  const review = { order: 'review_task', no: 14, text: '同意' }
  const admit = { quota: 10, minutes: 60, to: '2098-06-01' }
  expect(sent().at(-1)?.body).toEqual({ ...review, decision: { admit } })
  expect(page.find('li .told').text()).toContain('已准入')

  await press(page, 'review')
  await page.find('#review-14-decision').setValue('merge')
  await page.find('#review-14-text').setValue('同意')
  await submit(page)
  expect(sent()).toHaveLength(1)
  await page.find('#review-14-into').setValue('13')
  await submit(page)
  expect(sent().at(-1)?.body).toEqual({ ...review, decision: { merge: { into: 13 } } })

  await press(page, 'review')
  await page.find('#review-14-decision').setValue('reject')
  await page.find('#review-14-text').setValue('同意')
  await submit(page)
  expect(sent().at(-1)?.body).toEqual({ ...review, decision: 'reject' })
  page.unmount()
})

it('gives a worker what was admitted, and ends it', async () => {
  requests = [request(13, admitted)]
  const page = await shown(post('u-housing', 'ask_task', 'assign'))
  expect(acts(page)).toEqual(['assign', 'end'])
  await press(page, 'assign')
  const fill = (field: string, value: string) => page.find(`#assign-13-${field}`).setValue(value)
  await fill('unit', 'u-grid')
  await fill('text', '独居，每周看望')
  refusal = { title: '不能', status: 409, rule: 'task.minutes', detail: 'd' }
  await submit(page)
  expect(page.find('li .problem').text()).toContain('task.minutes')
  refusal = null
  await fill('person', 'p7')
  await fill('name', '王大妈')
  await submit(page)
  expect(sent().at(-1)).toMatchObject({
    address: '/api/v1/routines',
    body: {
      task: 'visit',
      place: '510104',
      unit: 'u-grid',
      admission: 13,
      person: 'p7',
      whom: { name: '王大妈' },
      text: '独居，每周看望',
    },
  })
  expect(sent()[0]?.body).not.toHaveProperty('person')
  expect(sent()[0]?.body).not.toHaveProperty('whom')
  expect(page.find('li .told').text()).toContain('N77')

  await press(page, 'end')
  await submit(page)
  await page.find('#end-13').setValue('已完成')
  await submit(page)
  expect(sent().at(-1)?.body).toEqual({ order: 'end_task', no: 13, text: '已完成' })
  page.unmount()
})
