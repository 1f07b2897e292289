// What the tests of pages with forms share. The parts of the library are of no matter there: every field is an
// input, a button is a button.
import { flushPromises, RouterLinkStub, type VueWrapper } from '@vue/test-utils'

export const input = {
  props: ['modelValue'],
  emits: ['update:modelValue'],
  template: '<input :value="modelValue" @input="$emit(\'update:modelValue\', $event.target.value)" />',
}
export const stubs = {
  RouterLink: RouterLinkStub,
  ElButton: { props: ['disabled'], template: '<button :disabled="disabled"><slot /></button>' },
  ElInput: input,
  ElSelect: input,
  ElSkeleton: true,
}

export async function submit(page: VueWrapper): Promise<void> {
  await page.find('form').trigger('submit')
  await flushPromises()
}
