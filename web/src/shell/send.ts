// Sending what a form holds: once for what stands in it, however often it is sent; a refusal stays beside it.
// A form that was closed meanwhile tells what came of it for a moment: the act is done or refused all the same.
import { onScopeDispose, ref, watch, type WatchSource } from 'vue'
import type { Problem } from '@/api/contract'
import { freshKey } from '@/api/cases'
import { asProblem } from '@/api/http'
import { i18n } from '@/i18n'
import { lineOf } from './problem'
import { toast } from './toast'

/** Something was done. */
export interface Done {
  /** How the form tells it and goes on. */
  tell: () => void
  /** What is said of it where the form is gone. */
  words: string
  /** Whether that stays until it is closed. */
  stays?: boolean
}

/** `work` does it; what lacks something does nothing. */
export function useSend(held: WatchSource | object, work: (key: string) => Promise<Done | null>) {
  const problem = ref<Problem | null>(null)
  const sending = ref(false)
  let key = freshKey()
  let closed = false
  // What was changed is another order: it must not be taken for a repetition of the first.
  watch(held, () => {
    key = freshKey()
  })
  onScopeDispose(() => {
    closed = true
  })

  async function send(): Promise<void> {
    if (sending.value) return
    sending.value = true
    problem.value = null
    try {
      const done = await work(key)
      // What is sent after that is another order, though it says the same.
      if (done) key = freshKey()
      if (!closed) done?.tell()
      else if (done) toast('success', done.words, done.stays)
    } catch (error) {
      problem.value = asProblem(error)
      if (closed) toast('error', i18n.global.t('send.refused', { why: lineOf(problem.value) }))
    } finally {
      sending.value = false
    }
  }
  return { problem, sending, send }
}
