// Light or dark, as the machine prefers. Charts and map read the colours from here, so that all agree.
import { ref } from 'vue'

export const dark = ref(false)

export function followScheme(): void {
  const query = matchMedia('(prefers-color-scheme: dark)')
  const apply = () => {
    dark.value = query.matches
    document.documentElement.classList.toggle('dark', query.matches)
  }
  query.addEventListener('change', apply)
  apply()
}

/** A colour of styles.css by the name of its custom property, as the browser resolves it now. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}
