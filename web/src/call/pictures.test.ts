// Pictures of a call: what may be added, and that each is sent once, however often it is tried.
import { flushPromises, mount, RouterLinkStub } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { MAX_FILE_BYTES } from '@/api/files'
import { i18n, setLanguage } from '@/i18n'
import CallDone from './CallDone.vue'
import PictureField from './PictureField.vue'
import { MOST_PICTURES, type Picture, pictureOf, sorted } from './pictures'

const file = (name: string, type = 'image/jpeg', size = 3) => {
  const made = new File(['abc'], name, { type })
  if (size !== 3) Object.defineProperty(made, 'size', { value: size })
  return made
}
const stubs = { RouterLink: RouterLinkStub, ElButton: { template: '<button><slot /></button>' } }
const asked: { address: string; key: string | null; code: string | null; kind: string }[] = []
let refuse = (_nth: number): boolean => false
const gone = vi.fn()

beforeEach(() => {
  setLanguage('zh-CN')
  asked.length = 0
  refuse = () => false
  gone.mockClear()
  let made = 0
  vi.stubGlobal(
    'URL',
    Object.assign(URL, { createObjectURL: () => `blob:${(made += 1)}`, revokeObjectURL: gone }),
  )
  vi.stubGlobal('fetch', (address: string, init: RequestInit) => {
    const headers = new Headers(init.headers)
    const kind = String(headers.get('content-type'))
    asked.push({
      address,
      kind,
      key: headers.get('idempotency-key'),
      code: headers.get('x-huying-query-code'),
    })
    const problem = { type: 't', title: '今天的次数已用完', status: 429, detail: '30 files' }
    const answer = refuse(asked.length)
      ? new Response(JSON.stringify(problem), { status: 429 })
      : new Response('{}')
    return Promise.resolve(answer)
  })
})
afterEach(() => vi.unstubAllGlobals())

it('takes the kinds and sizes that the server takes, and no more than a few', () => {
  const large = file('b.jpg', 'image/jpeg', MAX_FILE_BYTES + 1)
  const most = file('c.png', 'image/png', MAX_FILE_BYTES)
  const { fit, unfit } = sorted(0, [file('a.pdf', 'application/pdf'), large, most, file('d', '')])
  expect(fit).toEqual([most])
  expect(unfit.map(([, why]) => why)).toEqual(['kind', 'large', 'kind'])
  const rest = sorted(MOST_PICTURES - 1, [file('e.jpg'), file('f.jpg')])
  expect([rest.fit.length, rest.unfit[0]?.[1]]).toEqual([1, 'many'])
})

it('shows what was chosen, says in its place what was not taken, and takes away', async () => {
  const field = mount(PictureField, {
    props: {
      modelValue: [] as Picture[],
      'onUpdate:modelValue': (to: Picture[]) => field.setProps({ modelValue: to }),
    },
    global: { plugins: [i18n], stubs },
  })
  const input = field.find('input')
  Object.defineProperty(input.element, 'files', { value: [file('a.jpg'), file('x.heic', 'image/heic')] })
  await input.trigger('change')
  expect(field.findAll('img').map((img) => img.attributes('alt'))).toEqual(['a.jpg'])
  expect(field.find('[role=alert]').text()).toContain('x.heic：不是支持的照片格式')
  await field.find('[data-test=picture-away]').trigger('click')
  expect(field.findAll('img')).toHaveLength(0)
  expect(field.find('[role=alert]').exists()).toBe(false)
  expect(gone).toHaveBeenCalledWith('blob:1')
  field.unmount()
})

it('sends them once the call has its number, and again only what failed, under its key', async () => {
  refuse = (nth) => nth === 2
  const pictures = ['a.jpg', 'b.jpg', 'c.jpg'].map((name) => pictureOf(file(name)))
  const made = { number: 'N1', query_code: 'CODE', due: null, state_words: { zh: '已登记', en: '' } }
  const done = mount(CallDone, {
    props: { made: made as never, pictures },
    global: { plugins: [i18n], stubs },
  })
  await flushPromises()
  const section = done.find('[data-test=pictures]')
  expect(asked.map((a) => [a.address, a.code, a.kind])).toEqual(
    Array.from({ length: 3 }, () => ['/api/v1/cases/N1/files', 'CODE', 'image/jpeg']),
  )
  expect(section.text()).toContain('3 张照片中 2 张已上传')
  expect(section.find('[role=alert]').text()).toMatch(/今天的次数已用完.*诉求本身已经收到/)
  refuse = () => false
  await done.find('[data-test=pictures-again]').trigger('click')
  await flushPromises()
  expect(asked).toHaveLength(4)
  expect(asked[3]?.key).toBe(asked[1]?.key)
  expect(asked[1]?.key).toBeTruthy()
  expect(asked[1]?.key).not.toBe(asked[0]?.key)
  expect(section.text()).toContain('3 张照片已上传')
  done.unmount()
  expect(gone).toHaveBeenCalledTimes(3)
})
