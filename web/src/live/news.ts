// What the stream told: the rows of the feed, what waits unread, counts by the hour. One for the whole page.
import { computed, reactive, ref, shallowRef, triggerRef } from 'vue'
import type { LiveEvent } from '@/api/contract'
import { health } from '@/api/cases'
import { heard as itIsAtLeast } from '@/shell/now'
import { civil } from '@/shell/time'
import { Stream } from './stream'

/** Limits of what is held, so that a page may stay open for weeks. */
export const HELD_ROWS = 600
export const HELD_CASES = 2000
/** How many records back a page begins, so that it does not open on an empty list. */
export const LOOK_BACK = 400
/** New rows enter at most this often, in milliseconds: a calm list can be read. */
export const CALM_MS = 1200

export const rows = shallowRef<LiveEvent[]>([])
const waiting: LiveEvent[] = []
export const unread = ref(0)
export const paused = ref(false)
/** Set while a reader points into the list or has scrolled down: rows then wait, nothing jumps. */
export const held = ref(false)
export const still = computed(() => paused.value || held.value)
/** The latest word on each case, newest last. */
export const latest = new Map<string, LiveEvent>()
/** Calls taken, as far as this page heard of them, by the hour of the latest day it heard of. */
export const heard = reactive({ day: '', byHour: new Array<number>(24).fill(0), taken: 0 })

type Watcher = (event: LiveEvent) => void
const watchers = new Set<Watcher>()

/** Calls back for everything that happens from now on; returns how to stop. */
export function onNews(watcher: Watcher): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

function keep(event: LiveEvent): void {
  itIsAtLeast(event.at)
  latest.delete(event.number)
  latest.set(event.number, event)
  if (latest.size > HELD_CASES) {
    const oldest = latest.keys().next().value
    if (oldest !== undefined) latest.delete(oldest)
  }
  if (event.what.includes('reported')) count(event.at)
}

function count(at: string): void {
  const { day, hour } = civil(at)
  if (day < heard.day) return
  if (day > heard.day) Object.assign(heard, { day, byHour: new Array<number>(24).fill(0), taken: 0 })
  heard.taken += 1
  heard.byHour[hour] = (heard.byHour[hour] ?? 0) + 1
}

/** Moves what waits into the list, newest first. */
export function flush(): void {
  if (waiting.length > 0) {
    rows.value = [...waiting.reverse(), ...rows.value].slice(0, HELD_ROWS)
    waiting.length = 0
    triggerRef(rows)
  }
  unread.value = 0
}

export function receive(event: LiveEvent, fresh: boolean): void {
  keep(event)
  waiting.push(event)
  if (waiting.length > HELD_ROWS) waiting.shift()
  if (fresh) {
    if (still.value) unread.value += 1
    for (const watcher of watchers) watcher(event)
  } else if (waiting.length >= HELD_ROWS) flush()
}

const gaps = new Set<() => void>()

/** Calls back when news was missed for good: what is on screen is to be asked for again. Returns how to stop. */
export function onGap(watcher: () => void): () => void {
  gaps.add(watcher)
  return () => gaps.delete(watcher)
}

/** Forgets what was heard before a gap, so that nothing old stands beside what is new as if nothing lay between. */
export function missed(): void {
  waiting.length = 0
  rows.value = []
  unread.value = 0
  latest.clear()
  for (const watcher of gaps) watcher()
}

export const stream = new Stream(receive, undefined, missed)
let timer: ReturnType<typeof setInterval> | null = null

/** Opens the stream once, a little in the past, and keeps the list in step with it. */
export async function listen(): Promise<void> {
  if (timer !== null) return
  timer = setInterval(() => {
    if (!still.value) flush()
  }, CALM_MS)
  const position = await health()
    .then((h) => h.position)
    .catch(() => null)
  stream.open(position === null ? null : Math.max(0, position - LOOK_BACK))
}
