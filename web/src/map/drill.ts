// Where in the city the page stands: the place in the address bar, its parents, its children.
import { computed, ref, shallowRef, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { Named, Place, Problem } from '@/api/contract'
import { lineOf, place as askPlace } from '@/api/city'
import { asProblem } from '@/api/http'
import { city } from '@/shell/city'

export function useDrill() {
  const route = useRoute()
  const router = useRouter()
  const code = ref<string | null>(null)
  const place = shallowRef<Place | null>(null)
  const problem = ref<Problem | null>(null)
  /** The top of the tree: known from the first place that was read. */
  const top = ref<string | null>(null)
  const line = computed<Named[]>(() => (place.value ? lineOf(place.value) : []))

  async function load(): Promise<void> {
    const wanted = code.value ?? top.value
    problem.value = null
    if (wanted === null) return
    try {
      const found = await askPlace(wanted)
      if ((code.value ?? top.value) === wanted) place.value = found
    } catch (error) {
      if ((code.value ?? top.value) === wanted) problem.value = asProblem(error)
    }
  }

  watch(
    () => [route.name, route.query['place']] as const,
    ([name, wanted]) => {
      if (name === 'live') code.value = typeof wanted === 'string' && wanted !== '' ? wanted : null
    },
    { immediate: true },
  )
  watch([code, top], load, { immediate: true })
  watch(
    city,
    (known) => {
      if (known) top.value = known.root ?? known.id
    },
    { immediate: true },
  )

  function go(to: string | null): void {
    const { place: _gone, ...rest } = route.query
    void router.push({
      name: 'live',
      query: to === null || to === top.value ? rest : { ...rest, place: to },
    })
  }

  return { code, place, line, problem, go, reload: load, top }
}
