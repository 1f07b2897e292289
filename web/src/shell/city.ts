// The city on screen, asked for once. Everything that needs its levels, zone or datum reads it here.
import { computed, ref, shallowRef } from 'vue'
import type { City, Mapped, Matters, Problem, Said } from '@/api/contract'
import { at, city as askCity } from '@/api/city'
import { matters as askMatters } from '@/api/cases'
import { asProblem } from '@/api/http'
import { useZone } from './time'

export const city = shallowRef<City | null>(null)
/** The same once it is known and has a geometry: what maps are drawn of. */
export const mapped = computed(() => (city.value?.bbox ? (city.value as Mapped) : null))
export const cityProblem = ref<Problem | null>(null)
export const matters = shallowRef<Matters | null>(null)

export async function loadCity(): Promise<void> {
  cityProblem.value = null
  try {
    const found = await askCity()
    useZone(found.zone)
    found.root ??= await topOf(found)
    city.value = found
  } catch (error) {
    cityProblem.value = asProblem(error)
  }
}

/** The place at the top of the tree, where the city does not name it: the first parent of its middle. */
async function topOf(of: City): Promise<string> {
  if (of.bbox === null) return of.id
  const [west, south, east, north] = of.bbox
  const middle = { lon: (west + east) / 2, lat: (south + north) / 2 }
  return (await at(middle, of.datum, null)).line[0]?.id ?? of.id
}

let asked: Promise<Matters> | null = null

/** The catalogue, asked for when first needed; a failure may be tried again. */
export function loadMatters(): Promise<Matters> {
  asked ??= askMatters().then(
    (found) => (matters.value = found),
    (error: unknown) => {
      asked = null
      throw error
    },
  )
  return asked
}

/** The circumstances that limits of a matter are stated for; mostly none. */
export function circumstancesOf(matter: string | null): { code: string; name: Said }[] {
  return matters.value?.matters.find((m) => m.code === matter)?.circumstances ?? []
}
