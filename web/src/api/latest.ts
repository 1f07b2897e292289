// What was asked for last counts: an answer that comes after a newer question is dropped.
import { onScopeDispose, ref, shallowRef } from 'vue'
import type { Problem } from './contract'
import { asProblem, isAbort } from './http'

export function useLatest<T>(ask: (signal: AbortSignal) => Promise<T>) {
  const data = shallowRef<T | null>(null)
  const problem = ref<Problem | null>(null)
  let running: AbortController | null = null

  async function load(): Promise<void> {
    running?.abort()
    running = new AbortController()
    const { signal } = running
    try {
      const found = await ask(signal)
      if (signal.aborted) return
      data.value = found
      problem.value = null
    } catch (error) {
      if (!signal.aborted && !isAbort(error)) problem.value = asProblem(error)
    }
  }
  onScopeDispose(() => running?.abort())
  return { data, problem, load }
}
