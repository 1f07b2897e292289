// Whether the one who is signed in was told something that they have not read: asked for while the page is seen.
import { ref, watch } from 'vue'
import { notices } from '@/api/desk'
import { session } from '@/shell/session'

const PAUSE_MS = 60_000

export const unread = ref(false)
let looks = 0

/** Asks anew. A server that does not answer leaves what is known: the pages say what is wrong. */
export async function lookForUnread(): Promise<void> {
  if (session.me === null || document.visibilityState === 'hidden') return
  const look = ++looks
  const found = await notices(true, null, 1).catch(() => null)
  // A later look knows better.
  if (found !== null && look === looks) unread.value = found.notices.length > 0
}

/** Begins to look, for as long as the page lives. */
export function keepLooking(): void {
  watch(
    [() => session.me, () => session.post],
    () => {
      looks++
      unread.value = false
      void lookForUnread()
    },
    { immediate: true },
  )
  document.addEventListener('visibilitychange', () => void lookForUnread())
  setInterval(() => void lookForUnread(), PAUSE_MS)
}
