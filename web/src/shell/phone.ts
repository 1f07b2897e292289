// Whether the screen is as narrow as a phone's; styles use the same width.
import { ref } from 'vue'

const query = typeof matchMedia === 'function' ? matchMedia('(max-width: 720px)') : null
export const phone = ref(query?.matches ?? false)
query?.addEventListener('change', () => {
  phone.value = query.matches
})
