// Draws only the rows in view of a long list whose rows are equally high.
import { computed, onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

const OVER = 6

/** Which rows of `count` must be drawn for a box scrolled to `top` and `height` high. */
export function span(
  count: number,
  row: number,
  top: number,
  height: number,
): { from: number; to: number } {
  const from = Math.max(0, Math.floor(top / row) - OVER)
  const to = Math.min(count, Math.ceil((top + height) / row) + OVER)
  return { from: Math.min(from, count), to: Math.max(to, Math.min(from, count)) }
}

export function useVirtual(box: Ref<HTMLElement | undefined>, count: () => number, row: number) {
  const top = ref(0)
  const height = ref(600)
  let watcher: ResizeObserver | null = null
  const scrolled = () => {
    top.value = box.value?.scrollTop ?? 0
  }
  onMounted(() => {
    const el = box.value
    if (!el) return
    el.addEventListener('scroll', scrolled, { passive: true })
    watcher = new ResizeObserver(() => {
      height.value = el.clientHeight
    })
    watcher.observe(el)
  })
  onBeforeUnmount(() => watcher?.disconnect())
  const view = computed(() => span(count(), row, top.value, height.value))
  return { top, view }
}
