// Who is signed in: a token for this tab only, the person behind it, the post they act under.
import { computed, reactive, watch, type WatchSource } from 'vue'
import type { Me, PostView } from '@/api/contract'
import { me } from '@/api/cases'
import { sender } from '@/api/http'

const TOKEN = 'huying.token'
const POST = 'huying.post'

export const session = reactive({ me: null as Me | null, post: null as string | null, checked: false })
export const signedIn = computed(() => session.me !== null)
export const post = computed<PostView | null>(
  () => session.me?.posts.find((p) => p.post === session.post) ?? session.me?.posts[0] ?? null,
)

function stored(key: string): string | null {
  try {
    return sessionStorage.getItem(key)
  } catch {
    return null
  }
}

function store(key: string, value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(key)
    else sessionStorage.setItem(key, value)
  } catch {
    // A browser that keeps nothing: the session lasts until the page is left.
  }
}

/** Tries a token; throws what the server says against it and stays signed out then. */
export async function signIn(token: string): Promise<void> {
  sender.token = token
  sender.post = null
  try {
    session.me = await me()
  } catch (error) {
    signOut()
    throw error
  }
  store(TOKEN, token)
  const kept = stored(POST)
  choose(session.me.posts.some((p) => p.post === kept) ? kept : (session.me.posts[0]?.post ?? null))
}

/** Whether the post acted under has a power: a command or another word of its role. */
export const may = (power: string): boolean => post.value?.may.includes(power) ?? false

/** Does something now, and anew whenever somebody else looks or from another post: they see other things. */
export function onPost(work: () => void, also: WatchSource[] = []): void {
  watch([() => session.post, () => session.me, ...also], work, { immediate: true })
}

export function choose(id: string | null): void {
  session.post = id
  // With one post the server knows it; naming it would only be one more thing that can be wrong.
  sender.post = session.me && session.me.posts.length > 1 ? id : null
  store(POST, id)
}

export function signOut(): void {
  sender.token = null
  sender.post = null
  session.me = null
  session.post = null
  store(TOKEN, null)
  store(POST, null)
}

/** Takes the session of this tab up again; says whether that is one that a link has brought. A link may bring a
 * token after `#token=`, which no server sees. */
export async function resume(): Promise<boolean> {
  const brought = /^#token=([\w.~-]+)$/.exec(location.hash)?.[1] ?? null
  if (brought !== null) history.replaceState(history.state, '', location.pathname + location.search)
  const token = brought ?? stored(TOKEN)
  if (token !== null) await signIn(token).catch(() => undefined)
  session.checked = true
  return brought !== null && session.me !== null
}
