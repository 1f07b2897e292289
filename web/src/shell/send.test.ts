// A form that is sent: once for what it holds, and told for a moment where it was closed meanwhile.
import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, expect, it, vi } from 'vitest'
import { defineComponent, ref } from 'vue'
import { Refused } from '@/api/http'
import { setLanguage } from '@/i18n'
import { type Done, useSend } from './send'

let answer: { done: (done: Done | null) => void; fail: (error: unknown) => void }
const keys: string[] = []
const tell = vi.fn()
const held = ref('')

const Form = defineComponent({
  setup: () =>
    useSend(held, (key) => {
      keys.push(key)
      return new Promise<Done | null>((done, fail) => (answer = { done, fail }))
    }),
  template: '<button @click="send" />',
})
const shown = () => [...document.querySelectorAll('.el-message')].map((m) => m.textContent?.trim())
const begun = async () => {
  const form = mount(Form)
  await form.find('button').trigger('click')
  return form
}
const refused = (status: number, words?: string) =>
  new Refused({
    type: 't',
    title: '无权办理',
    status,
    detail: 'a closer may not',
    ...(words ? { words } : {}),
  })

beforeEach(() => {
  setLanguage('zh-CN')
  keys.length = 0
  tell.mockClear()
  document.body.innerHTML = ''
})

it('goes on in the form while that is there, and says nothing above it', async () => {
  const form = await begun()
  answer.done({ tell: () => (tell(), form.unmount()), words: '已终止。' })
  await flushPromises()
  expect(tell).toHaveBeenCalledOnce()
  expect(shown()).toEqual([])
})

it('tells what was done where the form was closed meanwhile', async () => {
  const form = await begun()
  form.unmount()
  answer.done({ tell, words: '已终止。' })
  await flushPromises()
  expect(tell).not.toHaveBeenCalled()
  expect(shown()).toEqual(['已终止。'])
})

it('tells what was refused, by its rule in Chinese, and by what stands against it in English', async () => {
  for (const [language, words] of [
    ['zh-CN', '刚才提交的没有成功。无权办理：请由另一人办理。'],
    ['en', 'What you sent did not go through. 无权办理: a closer may not'],
  ] as const) {
    setLanguage(language)
    document.body.innerHTML = ''
    const form = await begun()
    form.unmount()
    answer.fail(refused(403, '请由另一人办理。'))
    await flushPromises()
    expect(shown()).toEqual([words])
  }
})

it('is one act for what it holds, and another once that has changed', async () => {
  const form = await begun()
  await form.find('button').trigger('click')
  expect(keys).toHaveLength(1)
  answer.fail(refused(503))
  await flushPromises()
  await form.find('button').trigger('click')
  answer.done(null)
  await flushPromises()
  held.value = 'other'
  await flushPromises()
  await form.find('button').trigger('click')
  expect(keys[1]).toBe(keys[0])
  expect(keys[2]).not.toBe(keys[0])
  form.unmount()
})

it('is another act after it was done, though it holds the same', async () => {
  const form = await begun()
  answer.done({ tell, words: '已催办。' })
  await flushPromises()
  await form.find('button').trigger('click')
  expect(keys).toHaveLength(2)
  expect(keys[1]).not.toBe(keys[0])
  form.unmount()
})
