// Bulk reassignment: asked before it is sent, sent batch by batch to its end, and told case by case.
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { forgetPlaces } from '@/api/city'
import type { Batch, Stayed } from '@/api/reassign'
import { i18n, setLanguage } from '@/i18n'
import { session } from '@/shell/session'
import { stubs, submit } from '@/shell/testing'
import ReassignPage from './ReassignPage.vue'
import { byRule } from './report'

const named = (id: string, zh = id) => ({ id, name: { zh, en: id } })
const stayed = (number: string, rule: string, words?: string): Stayed => ({
  number,
  refusal: { rule, why: `${rule} of ${number}`, basis: '处置与核查分离', accepted: 'another unit' },
  ...(words ? { words } : {}),
})
const asked: { address: string; body: Record<string, unknown>; key: string | null }[] = []
let batches: (Batch | object)[] = []

function answer(address: string, posted: boolean): [number, unknown] {
  if (posted) {
    const next = batches.shift() ?? { moved: [], refused: [], next: null }
    return 'status' in next ? [503, next] : [200, next]
  }
  if (address.includes('/places/'))
    return [
      200,
      { ...named('510104'), children: [], lines: [], units: [named('u-a', '甲局'), named('u-b')] },
    ]
  if (address.includes('/workload'))
    return [200, { workers: [{ unit: named('u-a', '甲局'), person: 'p7', open_threads: 9 }], total: 1 }]
  return [200, { cases: [{}, {}, {}], next: address.includes('u-b') ? 'more' : null, units: [] }]
}

beforeEach(() => {
  setLanguage('zh-CN')
  forgetPlaces()
  asked.length = 0
  batches = []
  vi.stubGlobal('scrollTo', () => undefined)
  vi.stubGlobal('fetch', (address: string, init: RequestInit) => {
    const posted = init.method === 'POST'
    const headers = new Headers(init.headers)
    if (posted)
      asked.push({ address, body: JSON.parse(String(init.body)), key: headers.get('idempotency-key') })
    const [status, body] = answer(address, posted)
    return Promise.resolve(new Response(JSON.stringify(body), { status }))
  })
})
afterEach(() => {
  session.me = null
  vi.unstubAllGlobals()
})

async function shown(...may: string[]): Promise<VueWrapper> {
  session.me = {
    person: 'p1',
    name: '某',
    posts: [{ post: 'a', unit: named('u'), role: 'r', territory: '510104', may }],
  }
  session.post = 'a'
  const page = mount(ReassignPage, {
    global: { plugins: [i18n], stubs, mocks: { $router: { push: vi.fn() } } },
  })
  await flushPromises()
  return page
}
async function fill(page: VueWrapper, values: Record<string, string>): Promise<void> {
  for (const [field, value] of Object.entries(values)) await page.find(`#${field}`).setValue(value)
  await flushPromises()
}

it('is for posts that may, and says so to others', async () => {
  const page = await shown('dispatch')
  expect(page.find('form').exists()).toBe(false)
  expect(page.find('.none').text()).toContain('不能批量移交')
  page.unmount()
})

it('says what a unit leads before it is asked, and is asked before it is sent', async () => {
  const page = await shown('reassign')
  await fill(page, { 'from-unit': 'u-a', 'to-unit': 'u-a' })
  expect(page.find('[role=alert]').text()).toContain('同一方')
  expect(page.find('[data-test=before]').text()).toContain('甲局现主办 3 件')
  await fill(page, { 'from-unit': 'u-b' })
  expect(page.find('[data-test=before]').text()).toContain('3 件以上')
  // Of one person nobody can say what the unit leads.
  await fill(page, { 'from-person': ' p7 ' })
  expect(page.find('[data-test=before]').exists()).toBe(false)
  await submit(page)
  expect(asked).toEqual([])
  expect(page.find('.ask').text()).toContain('确定把“u-b p7”名下全部在办事项移交给“甲局”？')
  // What is changed is asked for again.
  await fill(page, { 'to-person': 'p9' })
  expect(page.find('.ask').exists()).toBe(false)
  await submit(page)
  await submit(page)
  expect(asked.map((a) => a.body)).toEqual([
    { from: { unit: 'u-b', person: 'p7' }, to: { unit: 'u-a', person: 'p9' } },
  ])
  expect(page.find('[data-test=report]').text()).toContain('名下没有您能看到的在办事项')
  page.unmount()
})

it('goes on to its end, from where it broke off, and tells what stays by its rule', async () => {
  batches = [
    { moved: ['N1', 'N2'], refused: [stayed('N3', 'whistle.self', '不能召集自己。')], next: 3 },
    { type: 't', title: '系统正忙', status: 503, detail: 'busy' },
    {
      moved: ['N5'],
      refused: [
        stayed('N6', 'powers.apart', '不能既办又审。'),
        stayed('N7', 'powers.apart', '不能既办又审。'),
      ],
      next: null,
    },
  ]
  const page = await shown('reassign')
  await fill(page, { 'from-unit': 'u-a', 'to-unit': 'u-b' })
  await submit(page)
  await submit(page)
  expect(page.find('form .problem').text()).toContain('系统正忙')
  expect(page.find('.ask').text()).toContain('已知移交 2 件，未能移交 1 件')
  expect(page.find('[data-test=report]').text()).toContain('已移交 2 件')
  await submit(page)
  expect(asked.map((a) => a.body['after'])).toEqual([undefined, 3, 3])
  expect(new Set(asked.map((a) => a.key)).size).toBe(1)
  expect(asked[0]?.key).toBeTruthy()
  expect(page.find('form').exists()).toBe(false)
  const report = page.find('[data-test=report]')
  expect(report.text()).toMatch(/已移交 3 件.*从“甲局”到“u-b”.*3 件未能移交/s)
  expect(report.findAll('.rule').map((rule) => rule.find('h3').text())).toEqual([
    '不能既办又审。 2 件',
    '不能召集自己。 1 件',
  ])
  expect(report.text()).toContain('powers.apart of N7')
  await page.find('[data-test=again]').trigger('click')
  expect(page.find('form').exists()).toBe(true)
  expect(page.find('[data-test=report]').exists()).toBe(false)
  page.unmount()
})

it('groups what stays, and says once what all of a rule would accept', () => {
  const [first, second] = byRule([stayed('N1', 'a'), stayed('N2', 'b'), stayed('N3', 'b')])
  expect([first?.rule, first?.accepted, second?.cases.length]).toEqual(['b', 'another unit', 1])
  const other = { ...stayed('N4', 'b'), refusal: { ...stayed('N4', 'b').refusal, accepted: 'x' } }
  expect(byRule([stayed('N2', 'b'), other])[0]?.accepted).toBe('')
})
