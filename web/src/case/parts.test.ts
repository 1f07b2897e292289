// What stands beside a case: cases near it, its files, and the circumstance that few matters have.
import { flushPromises, mount, RouterLinkStub } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { i18n, setLanguage } from '@/i18n'
import { matters } from '@/shell/city'
import CaseFiles from './CaseFiles.vue'
import CommandForm from './CommandForm.vue'
import NearList from './NearList.vue'

const said = (zh: string) => ({ zh, en: zh })
let asked: { address: string; init: RequestInit }[] = []
let answers: (address: string) => Response

beforeEach(() => {
  setLanguage('zh-CN')
  asked = []
  vi.stubGlobal('fetch', (address: string, init: RequestInit) => {
    asked.push({ address, init })
    return Promise.resolve(answers(address))
  })
})
afterEach(() => {
  matters.value = null
  vi.unstubAllGlobals()
})

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status })
const stubs = {
  RouterLink: RouterLinkStub,
  ElButton: { template: '<button><slot /></button>' },
  ElSelect: { template: '<div><slot /></div>' },
  ElOption: { props: ['label'], template: '<i>{{ label }}</i>' },
  ElDialog: { props: ['modelValue'], template: '<div v-if="modelValue" role="dialog"><slot /></div>' },
  ElInput: true,
  ElRadioGroup: true,
  ElRadioButton: true,
}
const global = { plugins: [i18n], stubs }

it('shows open cases near a case and says into which one it is to be merged', async () => {
  const near = (number: string, exact: boolean) => ({
    number,
    exact,
    metres: 40,
    reported: '2026-11-24T02:00:00Z',
    case: { number, state: 'open' },
  })
  answers = () =>
    json({
      cases: [near('N2', true), near('N3', false)],
      at_report: [],
      rule: { act: 'suggest', category: 'matter.06', metres: 50, hours: 24, source: '', status: '' },
    })
  const list = mount(NearList, { props: { number: 'N1', version: 1, mayMerge: true }, global })
  await flushPromises()
  expect(asked[0]?.address).toBe('/api/v1/cases/N1/duplicates')
  expect(list.text()).toContain('50 米内、24 小时内')
  expect(list.findAll('li').map((li) => li.text().includes('约'))).toEqual([false, true])
  await list.findAll('button')[1]?.trigger('click')
  expect(list.emitted('merge')).toEqual([['N3']])
  await list.setProps({ mayMerge: false })
  expect(list.find('button').exists()).toBe(false)

  answers = () => json({ title: '', status: 503 }, 503)
  const none = mount(NearList, { props: { number: 'N1', version: 1, mayMerge: true }, global })
  await flushPromises()
  expect(none.find('section').exists(), 'a hint that fails is no error of the page').toBe(false)
})

const file = (name: string, label: string | null, state = 'kept') => ({
  file: name,
  label,
  state,
  added: '2026-11-24T02:00:00Z',
})
const moments = [
  {
    events: [
      { event: 'attached', words: said('附件'), files: [file('aa', 'near'), file('bb', null, 'erased')] },
    ],
  },
] as never

it('keeps files closed until a purpose is said, and reads one for it', async () => {
  vi.stubGlobal(
    'URL',
    Object.assign(URL, { createObjectURL: () => 'blob:x', revokeObjectURL: () => undefined }),
  )
  answers = () =>
    new Response(new Blob(['x'], { type: 'image/png' }), { headers: { 'content-type': 'image/png' } })
  const props = { number: 'N1', moments, mayAdd: false, purpose: null as string | null }
  const files = mount(CaseFiles, { props, global })
  expect(files.text()).toContain('近景')
  expect(files.text()).toContain('已销毁')
  expect(files.find('button').exists()).toBe(false)
  await files.setProps({ purpose: '核查' })
  await files.find('button').trigger('click')
  await flushPromises()
  expect(asked[0]?.address).toBe(`/api/v1/cases/N1/files/aa?purpose=${encodeURIComponent('核查')}`)
  expect(files.find('[role=dialog] img').attributes('src')).toBe('blob:x')
})

it('sends each file with its own key, and what was taken before a refusal stays taken', async () => {
  let sent = 0
  answers = () =>
    (sent += 1) === 2
      ? json({ type: 't', title: '不接受', status: 415, detail: '', accepted: 'JPEG' }, 415)
      : json({ file: 'cc' }, 201)
  const files = mount(CaseFiles, { props: { number: 'N1', moments, mayAdd: true, purpose: null }, global })
  const input = files.find('input[type=file]')
  const chosen = ['a.png', 'b.gif', 'c.png'].map((n) => new File(['x'], n, { type: 'image/png' }))
  Object.defineProperty(input.element, 'files', { value: chosen, configurable: true })
  Object.defineProperty(input.element, 'value', { value: '', writable: true })
  await input.trigger('change')
  await flushPromises()
  expect(asked.length).toBe(2)
  const keys = asked.map((a) => (a.init.headers as Record<string, string>)['idempotency-key'])
  expect(new Set(keys).size).toBe(2)
  expect(files.emitted('added')).toHaveLength(1)
  expect(files.text()).toContain('JPEG')
})

it('asks for a circumstance only where the matter has some', async () => {
  const met = [{ code: 'fenced', name: said('已围挡') }]
  matters.value = {
    matters: [
      { code: 'request.0401', name: said('供水'), requests: [], circumstances: met },
      { code: 'request.0101', name: said('房屋'), requests: [] },
    ],
    request_types: [],
    words: {},
  } as never
  const props = { number: 'N1', allowed: ['register'], offers: [], threads: [], clocks: [], place: null }
  const form = mount(CommandForm, { props: { ...props, matter: 'request.0401' }, global })
  await form.find('button').trigger('click')
  expect(form.text()).toContain('立案情形')
  expect(form.text()).toContain('已围挡')
  await form.setProps({ matter: 'request.0101' })
  expect(form.text()).not.toContain('立案情形')
})
