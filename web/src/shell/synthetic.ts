// The notice that says which borders were made up, as short as it can truly be.
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { said } from '@/i18n'
import { city } from './city'

/** "From here down" where that says it all, else the levels by name; empty where everything is real. */
export function useSynthetic() {
  const { t } = useI18n()
  /** Within a sentence; Chinese has no such thing. */
  const lower = (name: string) => name.charAt(0).toLowerCase() + name.slice(1)
  return computed(() => {
    const levels = city.value?.levels ?? []
    const made = (id: string) => city.value?.synthetic.includes(id) ?? false
    const first = levels.findIndex((l) => made(l.id))
    const top = levels[first]
    if (top === undefined) return ''
    if (levels.slice(first).every((l) => made(l.id)))
      return t('synthetic.below', { level: lower(said(top.name)) })
    const names = levels.filter((l) => made(l.id)).map((l) => lower(said(l.name)))
    return t('synthetic.notice', { levels: names.join(t('app.comma')) })
  })
}
