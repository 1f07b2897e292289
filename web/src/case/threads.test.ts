// The ladder reads from below, a whistle holds its summonses, and no thread is lost or told twice.
import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import type { ThreadView } from '@/api/contract'
import { i18n, setLanguage } from '@/i18n'
import ThreadList from './ThreadList.vue'
import { groupsOf, type Node } from './threads'

const said = (zh: string) => ({ zh, en: zh })
function thread(no: number, kind: ThreadView['kind'], more: Partial<ThreadView> = {}): ThreadView {
  return {
    thread: no,
    kind,
    kind_words: said(kind),
    step: 'sent',
    step_words: said('step'),
    open: true,
    with_caller: false,
    units: [],
    round: 0,
    opened: '2026-11-24T02:00:00Z',
    moved: '2026-11-24T03:00:00Z',
    ...more,
  }
}
const all = [
  thread(1, 'verify', { open: false }),
  thread(3, 'rung', {
    rank: 2,
    under: 2,
    label: said('一般网格'),
    unit: { id: 'g', name: said('网格站') },
  }),
  thread(2, 'rung', { rank: 1, label: said('微网格'), open: false, step_words: said('已升级') }),
  thread(4, 'whistle', { under: 3, label: said('日常哨'), unit: { id: 's', name: said('锦官驿街道') } }),
  thread(5, 'summons', {
    under: 4,
    unit: { id: 'w', name: said('市水务局') },
    due: '2026-11-24T05:00:00Z',
    outcome: said('不属本单位职责'),
  }),
  thread(6, 'ruling', { under: 5 }),
  thread(7, 'summons', { under: 4, unit: { id: 'h', name: said('市住建局') }, open: false }),
  thread(8, 'suspension', { under: 3 }),
  thread(9, 'supervision', { under: 99 }),
]
const numbers = (nodes: Node[]): number[] => nodes.flatMap((n) => [n.thread.thread, ...numbers(n.under)])

it('groups them, each once', () => {
  const groups = groupsOf(all)
  expect(numbers(groups.ladder)).toEqual([2, 3, 8])
  expect(numbers(groups.whistles)).toEqual([4, 5, 6, 7])
  expect(numbers(groups.rest)).toEqual([1, 9])
})

it('says who is summoned, by when, and how far the whistle is', () => {
  setLanguage('zh-CN')
  const list = mount(ThreadList, { props: { threads: all }, global: { plugins: [i18n] } })
  const whistle = list.get('[data-test=whistle]').text()
  for (const words of [
    '日常哨',
    '锦官驿街道',
    '2 个单位报到，1 个已了结',
    '市水务局',
    '到期',
    '不属本单位职责',
  ])
    expect(whistle).toContain(words)
  const ladder = list.get('[data-test=ladder]').text()
  expect(ladder.indexOf('微网格')).toBeLessThan(ladder.indexOf('一般网格'))
  expect(ladder).toContain('已升级')
})
