// The units that a form offers for an area, and the workers of them with what they have.
import { computed, watch, type WatchSource } from 'vue'
import type { Named } from '@/api/contract'
import { place as askPlace, unitsAround } from '@/api/city'
import { useLatest } from '@/api/latest'
import { type Worker, workload } from '@/api/routines'

const MOST = 200

/** Each once, where it stands first. */
export const distinct = (all: readonly Named[]): Named[] => [...new Map(all.map((u) => [u.id, u])).values()]

/** What was chosen stays one to choose, whatever area is looked at then. */
export const keeping = (chosen: Named | null, found: readonly Named[]): Named[] =>
  distinct(chosen ? [chosen, ...found] : found)

/** All whose territory it is, and those with workers there, which come first where it is workers that are looked for.
 * What is not listed can still be typed. */
export function useUnits(area: WatchSource<string | null | undefined>, first: 'area' | 'workers' = 'area') {
  let code: string | null | undefined
  const { data, load } = useLatest(async () => {
    if (!code) return null
    const [around, workers] = await Promise.all([
      askPlace(code).then(unitsAround, () => []),
      workload(MOST, code).then(
        (found) => found.workers,
        () => [],
      ),
    ])
    const working = workers.map((w) => w.unit)
    return {
      units: distinct(first === 'workers' ? [...working, ...around] : [...around, ...working]),
      workers,
    }
  })
  watch(
    area,
    (now) => {
      code = now
      data.value = null
      void load()
    },
    { immediate: true },
  )
  return {
    units: computed<Named[]>(() => data.value?.units ?? []),
    workers: computed<Worker[]>(() => data.value?.workers ?? []),
  }
}
