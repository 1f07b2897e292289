// Sending what a form holds: once for what stands in it, however often it is sent; a refusal stays beside it.
import { ref, watch, type WatchSource } from 'vue'
import type { Problem } from '@/api/contract'
import { freshKey } from '@/api/cases'
import { asProblem } from '@/api/http'

export function useSend(held: WatchSource | object, work: (key: string) => Promise<void>) {
  const problem = ref<Problem | null>(null)
  const sending = ref(false)
  let key = freshKey()
  // What was changed is another order: it must not be taken for a repetition of the first.
  watch(held, () => {
    key = freshKey()
  })

  async function send(): Promise<void> {
    if (sending.value) return
    sending.value = true
    problem.value = null
    try {
      await work(key)
    } catch (error) {
      problem.value = asProblem(error)
    } finally {
      sending.value = false
    }
  }
  return { problem, sending, send }
}
