// Subscriptions: how each is, the secret shown once, and what is paused, resumed or removed.
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { forgetPlaces } from '@/api/city'
import { KINDS, type Webhook } from '@/api/webhooks'
import { i18n, setLanguage } from '@/i18n'
import { session } from '@/shell/session'
import { stubs as plain, submit } from '@/shell/testing'
import WebhooksPage from './WebhooksPage.vue'
import { reasonOf } from './reason'

const hook = (name: string, more: Partial<Webhook> = {}): Webhook => ({
  name,
  url: `http://127.0.0.1/${name}`,
  scope: {},
  made: '2026-03-01T00:00:00Z',
  made_by: 'p1',
  state: 'live',
  failures: 0,
  delivered: 5,
  failed: 0,
  behind: 0,
  ...more,
})
const asked: { method: string; address: string; body: unknown }[] = []
let hooks: Webhook[] = []
let refusal: object | null = null

beforeEach(() => {
  setLanguage('zh-CN')
  forgetPlaces()
  asked.length = 0
  refusal = null
  vi.stubGlobal('scrollTo', () => undefined)
  vi.stubGlobal('fetch', (address: string, init: RequestInit) => {
    const method = init.method ?? 'GET'
    if (method !== 'GET')
      asked.push({ method, address, body: init.body ? JSON.parse(String(init.body)) : null })
    const [status, body]: [number, unknown] =
      method !== 'GET' && refusal
        ? [409, refusal]
        : address.includes('/places/')
          ? [
              200,
              { id: '510104', name: { zh: '锦江区', en: 'Jinjiang' }, children: [], lines: [], units: [] },
            ]
          : method === 'POST'
            ? [201, { ...hook('new'), secret: 'whsec_abc' }]
            : [200, { webhooks: hooks, workers: [] }]
    return Promise.resolve(new Response(JSON.stringify(body), { status }))
  })
  const unit = { id: 'u', name: { zh: '市局', en: 'u' } }
  const post = { post: 'a', unit, role: 'administrator', territory: '510104', may: ['administer'] }
  session.me = { person: 'p1', name: '某', posts: [post] }
  session.post = 'a'
})
afterEach(() => {
  session.me = null
  vi.unstubAllGlobals()
})

const stubs = { ...plain, ElCheckbox: true }
async function shown(): Promise<VueWrapper> {
  const page = mount(WebhooksPage, { global: { plugins: [i18n], stubs } })
  await flushPromises()
  return page
}
const press = async (page: VueWrapper, what: string) => {
  await page.find(what).trigger('click')
  await flushPromises()
}

it('says how far each is, what it gets, and what went wrong last', async () => {
  hooks = [
    hook('sms', { scope: { callers: true, kinds: ['answered', 'ended'] } }),
    hook('water', {
      scope: { unit: 'u-water', place: '510104' },
      failing_since: '2026-03-02T00:00:00Z',
      failures: 7,
      failed: 40,
      behind: 12,
      reason: 'it answered 502 Bad Gateway',
    }),
    hook('above', { scope: { system: '12345' }, state: 'paused', reason: 'paused by p9' }),
  ]
  const page = await shown()
  const rows = page.findAll('.hook').map((row) => row.text().replace(/\s+/g, ' '))
  expect(rows[0]).toMatch(/正常.*已答复群众、已结束 · 含告知诉求人的.*已送达 5 条.*没有积压/)
  expect(rows[1]).toMatch(/投递失败.*全部种类 · 区域：锦江区 · 告知 u-water.*失败 40 次.*还有 12 条/)
  expect(rows[1]).toMatch(/最近一次出错：对方答复 502.*已试 7 次/)
  expect(rows[2]).toMatch(/已暂停.*应报 12345.*由 p9 暂停/)
  page.unmount()
})

it('makes one of what is typed, and shows its secret once', async () => {
  hooks = []
  const page = await shown()
  expect(page.find('.none').text()).toContain('还没有订阅')
  await press(page, '[data-test=make]')
  await page.find('#hook-name').setValue(' sms ')
  await page.find('#hook-url').setValue('https://sms.example.cn')
  expect(page.find('form [role=alert]').text()).toContain('不支持 https')
  await submit(page)
  expect(asked).toEqual([])
  await page.find('#hook-url').setValue('http://127.0.0.1:8080/in')
  refusal = { title: '与当前状态不符', status: 409, detail: 'there is one', accepted: 'another name' }
  await submit(page)
  expect(page.find('form .problem').text()).toContain('another name')
  refusal = null
  await submit(page)
  expect(asked.at(-1)?.body).toEqual({ name: 'sms', url: 'http://127.0.0.1:8080/in' })
  expect(page.find('[data-test=secret]').text()).toContain('whsec_abc')
  expect(page.find('form').exists()).toBe(false)
  await press(page, '[data-test=secret] button:last-of-type')
  page.unmount()
  const again = await shown()
  expect(again.text()).not.toContain('whsec_abc')
  again.unmount()
})

it('pauses and resumes at once, and removes only after it was asked', async () => {
  hooks = [hook('a b'), hook('still', { state: 'paused' })]
  const page = await shown()
  for (const turn of page.findAll('[data-test=turn]')) await turn.trigger('click')
  await flushPromises()
  expect(asked).toEqual([
    { method: 'PUT', address: '/api/v1/webhooks/a%20b/state', body: { state: 'paused' } },
    { method: 'PUT', address: '/api/v1/webhooks/still/state', body: { state: 'live' } },
  ])
  await press(page, '[data-test=remove]')
  expect(asked).toHaveLength(2)
  expect(page.find('.hook form').text()).toContain('确定移除订阅“a b”')
  await submit(page)
  expect(asked.at(-1)).toEqual({ method: 'DELETE', address: '/api/v1/webhooks/a%20b', body: null })
  expect(page.find('.told').text()).toContain('“a b”已移除')
  page.unmount()
})

it('knows the kinds that docs/notices.md lists, and the server’s common reasons', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/notices.md'), 'utf8')
  const table = guide.slice(guide.indexOf('| kind | who is told |'), guide.indexOf('Any status of 2xx'))
  const listed = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap((m) => [
    ...(m[1] ?? '').matchAll(/`(\w+)`/g),
  ])
  expect(listed.map((m) => m[1]).sort()).toEqual([...KINDS].sort())
  expect(reasonOf('no answer within 10 s')).toEqual({ key: 'late', named: { seconds: '10' } })
  expect(reasonOf('the answer broke off: eof')).toBeNull()
})
