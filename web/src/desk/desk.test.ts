// Notices: read once they are opened or said to be, older ones by the page; duty: who sits there, and who does not.
import { flushPromises, mount, RouterLinkStub } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { i18n, setLanguage } from '@/i18n'
import { session } from '@/shell/session'
import DutyPage from './DutyPage.vue'
import NoticesPage from './NoticesPage.vue'
import { lookForUnread, unread } from './unread'

const said = (zh: string) => ({ zh, en: zh })
const named = (id: string) => ({ id, name: said(id) })
const notice = (position: number, read: boolean) => ({
  id: `${position}-0-0`,
  position,
  kind: 'assigned',
  text: said(`【呼应】N${position}待您办理。`),
  number: `N${position}`,
  overdue: false,
  at: '2026-11-24T02:00:00Z',
  read,
})

const asked: { address: string; body: unknown }[] = []
let answers: (address: string) => unknown

beforeEach(() => {
  setLanguage('zh-CN')
  session.me = { person: 'p', name: '某', posts: [] }
  asked.length = 0
  vi.stubGlobal('fetch', (address: string, init: RequestInit) => {
    asked.push({ address, body: init.body === undefined ? null : JSON.parse(String(init.body)) })
    return Promise.resolve(new Response(JSON.stringify(answers(address)), { status: 200 }))
  })
})
afterEach(() => {
  session.me = null
  vi.unstubAllGlobals()
})

// The parts of the library are of no matter here: a button is a button.
const stubs = {
  RouterLink: RouterLinkStub,
  ElButton: { props: ['disabled'], template: '<button :disabled="disabled"><slot /></button>' },
  ElRadioGroup: true,
  ElRadioButton: true,
  ElSkeleton: true,
}
const shown = (page: typeof NoticesPage | typeof DutyPage) =>
  mount(page, { global: { plugins: [i18n], stubs } })

it('marks what is opened, and all that is unread, and brings older ones', async () => {
  answers = (address) => {
    if (address.endsWith('/read')) return { marked: 1 }
    if (address.includes('unread')) return { notices: [] }
    if (address.includes('before=7')) return { notices: [notice(6, true)], next: null }
    return { notices: [notice(9, false), notice(8, false), notice(7, true)], next: 7 }
  }
  const page = shown(NoticesPage)
  await flushPromises()
  const rows = () => page.findAll('li')
  expect(rows().map((row) => row.classes('fresh'))).toEqual([true, true, false])
  expect(rows()[0]?.text()).toContain('N9待您办理')
  expect(rows()[0]?.text()).not.toContain('【')

  await page.findAllComponents(RouterLinkStub)[0]?.trigger('click')
  await flushPromises()
  expect(asked.filter((a) => a.body !== null).map((a) => a.body)).toEqual([{ positions: [9] }])
  await page.findAll('button')[0]?.trigger('click')
  await flushPromises()
  expect(asked.filter((a) => a.body !== null).at(-1)?.body).toEqual({ positions: [8] })
  expect(rows().some((row) => row.classes('fresh'))).toBe(false)

  await page.find('.more button').trigger('click')
  await flushPromises()
  expect(rows().map((row) => row.text().slice(0, 2))).toEqual(['N9', 'N8', 'N7', 'N6'])
  expect(page.find('.more').exists()).toBe(false)
  page.unmount()
})

it('knows whether something is unread, and keeps what it knows when nobody answers', async () => {
  answers = () => ({ notices: [notice(1, false)] })
  await lookForUnread()
  expect(unread.value).toBe(true)
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('down')))
  await lookForUnread()
  expect(unread.value).toBe(true)
  unread.value = false
})

it('says who sits where, and which seats nobody sits in', async () => {
  const seat = {
    unit: named('热线'),
    seat: named('值班席'),
    shift: '白班',
    person: 'p7',
    from: '2026-11-24T00:00:00Z',
    to: '2026-11-24T12:00:00Z',
    vacant: false,
    open: ['N1', 'N2'],
    handed_over: '2026-11-24T00:05:00Z',
  }
  answers = (address) =>
    address.includes('/modes')
      ? { modes: [], declared: [] }
      : { at: '2026-11-24T02:00:00Z', seats: [seat], gaps: [{ unit: named('街道'), seat: named('值守') }] }
  const page = shown(DutyPage)
  await flushPromises()
  const rows = page.findAll('li').map((row) => row.text())
  expect(rows[0]).toContain('无人值守')
  expect(rows[1]).toContain('p7')
  expect(rows[1]).toContain('移交2件')
  page.unmount()
})
