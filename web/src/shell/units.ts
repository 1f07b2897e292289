// The units that a form offers for an area, and the workers of them with what they have.
import { shallowRef, watch, type WatchSource } from 'vue'
import type { Named } from '@/api/contract'
import { place as askPlace, unitsAround } from '@/api/city'
import { type Worker, workload } from '@/api/routines'

const MOST = 200

/** All whose territory it is, and those with workers there, which come first where it is workers that are looked for.
 * What is not listed can still be typed. */
export function useUnits(area: WatchSource<string | null | undefined>, first: 'area' | 'workers' = 'area') {
  const units = shallowRef<Named[]>([])
  const workers = shallowRef<Worker[]>([])
  let asked = 0
  watch(
    area,
    async (code) => {
      const mine = ++asked
      units.value = []
      workers.value = []
      if (!code) return
      const [around, load] = await Promise.all([
        askPlace(code).then(unitsAround, () => []),
        workload(MOST, code).then(
          (found) => found.workers,
          () => [],
        ),
      ])
      if (mine !== asked) return
      const working = load.map((w) => w.unit)
      const all = first === 'workers' ? [...working, ...around] : [...around, ...working]
      units.value = [...new Map(all.map((u) => [u.id, u])).values()]
      workers.value = load
    },
    { immediate: true },
  )
  return { units, workers }
}
