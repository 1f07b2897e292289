// The charts of the whistle rate: both sides are signals, and what is not drawn is counted.
import { mount, flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { WhistleChart, WhistlePoint } from '@/api/contract'
import { i18n, setLanguage } from '@/i18n'
import WhistlePanel from './WhistlePanel.vue'
import { charted, MOST } from './whistles'

const point = (
  key: string,
  count: number,
  cases: number,
  signal: WhistlePoint['signal'],
): WhistlePoint => ({
  key,
  name: `单位${key}`,
  count,
  cases,
  value: cases ? count / cases : null,
  low: 0.05,
  high: 0.17,
  signal,
  blind_below: false,
})
const chart = (points: WhistlePoint[], figure = 'whistle_rate', kind = 'street-office'): WhistleChart => ({
  kind,
  figure,
  chart: 'p',
  count: points.reduce((sum, p) => sum + p.count, 0),
  cases: points.reduce((sum, p) => sum + p.cases, 0),
  centre: 0.11,
  sigmas: 3,
  points,
})
const three = [point('a', 40, 400, 'within'), point('b', 2, 400, 'below'), point('c', 90, 400, 'above')]

describe('the charts of the whistle rate', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('show who lies outside first, on either side', () => {
    const [one] = charted([chart(three), chart(three, 'whistles_for_each_case')])
    expect(one?.points.map((p) => p.key)).toEqual(['c', 'b', 'a'])
    expect(charted([chart([point('a', 1, 9, 'within')])])).toEqual([])
    expect(charted([chart([point('a', 0, 9, 'within'), point('b', 0, 9, 'within')])])).toEqual([])
    const many = Array.from({ length: MOST + 5 }, (_, n) => point(`u${n}`, 4, 40, 'within'))
    const [more] = charted([chart([...many, point('z', 0, 0, 'not-rated')])])
    expect([more?.points.length, more?.more]).toEqual([MOST, 5])
  })

  it.each([
    ['zh-CN', '偏低', '偏高', '街道'],
    ['en', 'too low', 'too high', 'Street offices'],
  ] as const)('read too low and too high as equally wrong in %s', async (language, low, high, kind) => {
    setLanguage(language)
    const body = { charts: [chart(three)], whistling: { sigmas: 3 }, units: [] }
    const answer = () => Promise.resolve(new Response(JSON.stringify(body), { status: 200 }))
    const fetched = vi.fn(answer)
    vi.stubGlobal('fetch', fetched)
    const panel = mount(WhistlePanel, {
      props: { under: '510104' },
      global: { plugins: [i18n], stubs: { WhistleChart: true } },
    })
    await flushPromises()
    expect(String(fetched.mock.calls[0])).toContain('/figures/whistles?under=510104')
    expect(panel.text()).toContain(kind)
    const rows = panel.findAll('tr').map((row) => row.text())
    expect(rows.some((row) => row.includes('单位b') && row.includes(low))).toBe(true)
    expect(rows.some((row) => row.includes('单位c') && row.includes(high))).toBe(true)
    expect(panel.findAll('.out').length, 'both are marked alike').toBe(2)
  })

  it('say nothing in a city without whistles', async () => {
    const gone = { type: 'x', title: 'x', status: 404, detail: 'x' }
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(gone), { status: 404 })))
    const panel = mount(WhistlePanel, {
      props: { under: null },
      global: { plugins: [i18n], stubs: { WhistleChart: true } },
    })
    await flushPromises()
    expect(panel.text()).toBe('')
  })
})
