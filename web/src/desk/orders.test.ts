// Orders of duty and modes: what fills a day, who is offered what, and what a form sends.
import { flushPromises, mount, RouterLinkStub, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { PostView } from '@/api/contract'
import type { Seat } from '@/api/desk'
import { i18n, setLanguage } from '@/i18n'
import { session } from '@/shell/session'
import { submit } from '@/shell/testing'
import DutyPage from './DutyPage.vue'
import RosterForm from './RosterForm.vue'
import { declaredBy, faultOf, firstTurns, lengths, listed, once, setsDuty, shiftsOf, signs } from './orders'

const named = (id: string) => ({ id, name: { zh: id, en: id } })
const moded = (id: string, roles: string[]) => ({
  ...named(id),
  seats: [],
  declare: roles.length > 0 ? [{ level: 'street', roles }] : [],
})
const post = (may: string[]): PostView => ({ post: 'a', unit: named('热线'), role: 'r', may })
const seat: Seat = {
  unit: named('热线'),
  seat: named('值班席'),
  shift: '白班',
  person: 'p7',
  from: '2026-11-24T00:00:00Z',
  to: '2026-11-24T12:00:00Z',
  vacant: false,
  open: [],
}
const shift = (name: string, start: string) => ({ name, start })

it('lets each shift last until the next begins, and says why they make no day', () => {
  const two = [shift('白班', '08:00'), shift('夜班', '20:30')]
  expect(lengths(two)).toEqual([750, 690])
  expect(shiftsOf(two)).toEqual([
    { name: '白班', start: '08:00', minutes: 750 },
    { name: '夜班', start: '20:30', minutes: 690 },
  ])
  expect(shiftsOf([shift('全天', '09:00')])?.[0]?.minutes).toBe(1440)
  expect(faultOf([shift('夜', '22:00'), shift('早', '06:00'), shift('中', '14:00')])).toBeNull()
  expect(faultOf([shift(' ', '08:00')])).toBe('name')
  expect(faultOf([shift('白班', '')])).toBe('start')
  expect(faultOf([shift('白班', '25:00')])).toBe('start')
  expect(faultOf([shift('白班', '08:00'), shift('夜班', '08:00')])).toBe('day')
  expect(faultOf([shift('早', '06:00'), shift('夜', '22:00'), shift('中', '14:00')])).toBe('day')
  expect(shiftsOf([])).toBeNull()
})

it('reads typed lists, where a crew may name somebody twice and numbers count once', () => {
  expect(listed(' p1，p2\np1、 ')).toEqual(['p1', 'p2', 'p1'])
  expect(once('N1 N2;N1')).toEqual(['N1', 'N2'])
  expect(firstTurns([shift('白', '08:00'), shift('夜', '20:00')], ['p1', 'p2', 'p3'], 4)).toEqual([
    '白 p1',
    '夜 p2',
    '白 p3',
    '夜 p1',
  ])
  expect(firstTurns([shift('白', '08:00')], [], 4)).toEqual([])
})

it('offers each order to those who may try it', () => {
  expect([setsDuty(post(['duty'])), setsDuty(post(['visit'])), setsDuty(null)]).toEqual([
    true,
    false,
    false,
  ])
  const modes = [moded('应急', ['r']), moded('疫情', ['leader']), moded('日常', [])]
  expect(declaredBy(post([]), modes).map((m) => m.id)).toEqual(['应急'])
  expect(declaredBy(null, modes)).toEqual([])
  const me = (person: string) => ({ person, name: '某', posts: [] })
  expect([signs(seat, me('p7'), null), signs(seat, me('p6'), 'p6'), signs(seat, me('p5'), 'p6')]).toEqual([
    true,
    true,
    false,
  ])
  expect(signs({ ...seat, handed_over: '2026-11-24T00:01:00Z' }, me('p7'), null)).toBe(false)
})

type Sent = { address: string; body: Record<string, unknown>; key: string }
const sent: Sent[] = []
let refusal: object | null = null
let declared: object[] = []

beforeEach(() => {
  setLanguage('zh-CN')
  sent.length = 0
  refusal = null
  declared = []
  session.me = { person: 'p7', name: '某', posts: [post(['duty'])] }
  session.post = 'a'
  vi.stubGlobal('fetch', (address: string, init: RequestInit) => {
    if (init.method !== 'POST') return Promise.resolve(new Response(JSON.stringify(shownAt(address))))
    const key = (init.headers as Record<string, string>)['idempotency-key'] ?? ''
    sent.push({ address, body: JSON.parse(String(init.body)) as Record<string, unknown>, key })
    const body = refusal ?? { no: 9, repeated: false }
    return Promise.resolve(new Response(JSON.stringify(body), { status: refusal === null ? 200 : 409 }))
  })
})
afterEach(() => {
  session.me = null
  session.post = null
  vi.unstubAllGlobals()
})

function shownAt(address: string): unknown {
  if (address.includes('/modes')) return { modes: [moded('应急', ['r']), moded('日常', [])], declared }
  if (address.includes('/inbox')) return { threads: [{ number: 'N1' }, { number: 'N1' }, { number: 'N2' }] }
  return { at: '2026-11-24T02:00:00Z', seats: [seat], gaps: [{ unit: named('街道'), seat: named('值守') }] }
}

// The parts of the library are of no matter here: a button is a button, a field a field.
const field = {
  props: ['modelValue'],
  emits: ['update:modelValue'],
  template: '<textarea :value="modelValue" @input="$emit(\'update:modelValue\', $event.target.value)" />',
}
const stubs = {
  RouterLink: RouterLinkStub,
  ElButton: {
    props: ['disabled', 'nativeType'],
    template: '<button :type="nativeType || \'button\'" :disabled="disabled"><slot /></button>',
  },
  ElInput: field,
  ElTimePicker: field,
  ElDatePicker: true,
  ElRadioGroup: true,
  ElRadioButton: true,
  ElSkeleton: true,
}
async function page(): Promise<VueWrapper> {
  const wrapper = mount(DutyPage, { global: { plugins: [i18n], stubs } })
  await flushPromises()
  return wrapper
}
async function press(wrapper: VueWrapper, words: string): Promise<void> {
  await wrapper
    .findAll('button')
    .find((b) => b.text() === words)
    ?.trigger('click')
  await flushPromises()
}

it('signs a handover, and keeps what was typed and its key when it is refused', async () => {
  const wrapper = await page()
  await press(wrapper, '交接班')
  expect(wrapper.find('form button[type=submit]').attributes('disabled')).toBeDefined()
  await press(wrapper, '填入本单位全部在办（2 件）')
  await wrapper.findAll('textarea')[1]?.setValue('两件在办')
  refusal = {
    type: 'urn:x',
    title: '与当前状态不符',
    status: 409,
    detail: 'd',
    rule: 'duty.signed',
    basis: '签字留痕',
  }
  await submit(wrapper)
  const card = wrapper.find('[role=alert]')
  expect(card.text()).toContain('duty.signed')
  expect(card.text()).toContain('签字留痕')
  expect(wrapper.findAll('textarea')[1]?.element.value).toBe('两件在办')
  refusal = null
  await submit(wrapper)
  const body = { order: 'hand_over', unit: '热线', seat: '值班席', open: ['N1', 'N2'], text: '两件在办' }
  expect(sent.map((s) => s.body)).toEqual([body, body])
  expect(sent[0]?.key).toBe(sent[1]?.key)
  expect(sent[0]?.address).toBe('/api/v1/standing')
  expect(wrapper.find('form').exists()).toBe(false)
  expect(wrapper.find('[role=status]').text()).toContain('已签字交接')
  wrapper.unmount()
})

it('ends a seat only once it was asked whether that is meant', async () => {
  const wrapper = await page()
  await press(wrapper, '撤销')
  await submit(wrapper)
  expect(sent).toEqual([])
  expect(wrapper.text()).toContain('确定撤销热线的值班席？')
  await submit(wrapper)
  expect(sent.map((s) => s.body)).toEqual([{ order: 'end_duty', unit: '热线', seat: '值班席' }])
  wrapper.unmount()
})

it('tells what holds from what comes, and ends either with words', async () => {
  const of = {
    mode: named('应急'),
    place: named('锦江区'),
    authority: '指挥部',
    to: '2026-11-26T00:00:00Z',
  }
  declared = [
    { no: 5, ...of, from: '2026-11-25T00:00:00Z' },
    { no: 4, ...of, from: '2026-11-24T00:00:00Z' },
  ]
  const wrapper = await page()
  const rows = wrapper.findAll('.modes li').map((row) => row.text())
  expect(rows[0]).toContain('生效中')
  expect(rows[1]).toContain('未开始')
  await press(wrapper, '撤回')
  await wrapper.find('textarea').setValue('情况解除')
  await submit(wrapper)
  expect(sent).toEqual([])
  await submit(wrapper)
  expect(sent.map((s) => s.body)).toEqual([{ order: 'end_mode', no: 5, text: '情况解除' }])
  wrapper.unmount()
})

it('offers nothing to whoever may order nothing', async () => {
  session.me = { person: 'p1', name: '某', posts: [{ ...post(['visit']), role: 'worker' }] }
  const wrapper = await page()
  expect(wrapper.findAll('button')).toEqual([])
  wrapper.unmount()
})

it('sends a roster of shifts that fill the day', async () => {
  const wrapper = mount(RosterForm, {
    props: { unit: named('热线'), seat: named('值班席'), held: true },
    global: { plugins: [i18n], stubs },
  })
  const typed = () => wrapper.findAll('textarea')
  await typed()[3]?.setValue('08:00')
  await typed()[4]?.setValue('p1 p2')
  expect(wrapper.text()).toContain('班次排不满一天')
  await submit(wrapper)
  expect(sent).toEqual([])
  await typed()[3]?.setValue('18:00')
  expect(wrapper.text()).toContain('白班 p1 → 夜班 p2 → 白班 p1')
  await submit(wrapper)
  const roster = sent[0]?.body['roster'] as Record<string, unknown>
  expect(roster).toMatchObject({ unit: '热线', seat: '值班席', crew: ['p1', 'p2'] })
  expect(roster['since']).toMatch(/^\d{4}-\d\d-\d\d$/)
  expect(roster['shifts']).toEqual([
    { name: '白班', start: '08:00', minutes: 600 },
    { name: '夜班', start: '18:00', minutes: 840 },
  ])
  expect(wrapper.emitted('done')).toHaveLength(1)
  wrapper.unmount()
})
