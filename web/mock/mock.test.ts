// The mock holds what it promises: tiles with the layers, a place for every point, rates as the server counts them.
// @vitest-environment node
import { expect, it } from 'vitest'
import { rate } from './cases'
import { area, clip, holds, type Ring } from './city'
import { serve } from './server'

it('serves the contract', async () => {
  delete process.env['HUYING_DATA']
  const { server, cases, city } = serve(0, { mode: 'quiet', many: 30 })
  await new Promise((ready) => server.once('listening', ready))
  const at = server.address()
  const base = `http://127.0.0.1:${typeof at === 'object' && at ? at.port : 0}`
  try {
    const tile = await fetch(`${base}/api/v1/tiles/6/50/26.mvt`)
    expect(Buffer.from(await tile.arrayBuffer()).includes('district')).toBe(true)
    const one = cases.all[0]
    if (!one) throw new Error('no case')
    expect(city.under(city.locate(one.lon, one.lat)?.id ?? '', '510100')).toBe(true)
    expect((await fetch(`${base}/api/v1/cases/${one.number}`)).status).toBe(401)
    const own = await fetch(`${base}/api/v1/cases/${one.number}`, {
      headers: { 'x-huying-query-code': one.code },
    })
    expect(await own.json()).toMatchObject({ number: one.number })
    const call = () =>
      fetch(`${base}/api/v1/cases`, {
        method: 'POST',
        headers: { 'idempotency-key': 'k' },
        body: JSON.stringify({
          title: 't',
          body: 'b',
          request_type: 'help',
          channel: 'web',
          place: '510104',
        }),
      })
    const [first, again] = [await call(), await call()]
    expect([first.status, again.status]).toEqual([201, 200])
    expect(await again.json()).toEqual(await first.json())
    const order = async (token: string, body: object) => {
      const headers = { authorization: `Bearer ${token}`, 'idempotency-key': JSON.stringify(body) }
      const answer = await fetch(`${base}/api/v1/standing`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      })
      return [answer.status, ((await answer.json()) as { rule?: string }).rule]
    }
    const seat = { unit: 'u510100-hotline', seat: 'duty-desk' }
    const mode = { order: 'declare_mode', place: '510104', to: '2099-01-01T00:00:00Z', text: 't' }
    expect(await order('duty', { ...mode, mode: 'epidemic' })).toEqual([409, 'mode.authority'])
    expect(await order('duty', { ...mode, mode: 'emergency' })).toEqual([200, undefined])
    const modes = (await (await fetch(`${base}/api/v1/modes`)).json()) as { declared: { no: number }[] }
    expect(modes.declared).toHaveLength(2)
    for (const { no } of modes.declared)
      expect(await order('duty', { order: 'end_mode', no, text: 't' })).toEqual([200, undefined])
    expect(await order('desk', { order: 'end_duty', ...seat })).toEqual([403, 'powers.role'])
    const handover = { order: 'hand_over', ...seat, open: [], text: 't' }
    expect(await order('duty', handover)).toEqual([200, undefined])
    expect(await order('duty', { ...handover, text: 'u' })).toEqual([409, 'duty.signed'])
  } finally {
    server.close()
  }
})

it('counts rates by Wilson', () => {
  expect(rate(1, 1)).toEqual({ numerator: 1, denominator: 1, percent: 100, low: 20.65, high: 100 })
  expect(rate(0, 0).percent).toBeNull()
})

it('cuts areas that tile their parent', () => {
  const l: Ring = [
    [0, 0],
    [4, 0],
    [4, 2],
    [2, 2],
    [2, 4],
    [0, 4],
  ]
  const parts = [
    [0, 0, 2, 2],
    [2, 0, 4, 2],
    [0, 2, 2, 4],
    [2, 2, 4, 4],
  ].map((b) => clip(l, b as [number, number, number, number]))
  expect(parts.reduce((sum, p) => sum + (p.length > 2 ? area(p) : 0), 0)).toBeCloseTo(area(l))
  expect(holds([l], 1, 3)).toBe(true)
  expect(holds([l], 3, 3)).toBe(false)
})
