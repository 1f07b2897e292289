// The answers about the city come into one shape, whichever way names are written.
import { afterEach, expect, it, vi } from 'vitest'
import { datumOf, lineOf, place, readCity, search, shape } from './city'

afterEach(() => vi.unstubAllGlobals())
const json = (body: unknown, status = 200) =>
  Promise.resolve(new Response(JSON.stringify(body), { status }))

it('reads the city', () => {
  const city = readCity({
    id: 'chengdu',
    name: '成都市',
    name_en: 'Chengdu',
    bbox: [1, 2, 3, 4],
    datum: 'GCJ-02',
    edition: 3,
    languages: ['zh-CN'],
    levels: [
      { id: 'district', name: '区', name_en: 'District' },
      { id: 'street', name: { zh: '街道', en: 'Street' }, synthetic: true },
      'grid',
    ],
    zone: 'Asia/Shanghai',
    root: '510100',
  })
  expect(city).toMatchObject({
    datum: 'gcj02',
    synthetic: ['street'],
    zone: 'Asia/Shanghai',
    root: '510100',
    edition: '3',
  })
  expect(city.levels.map((l) => l.name.en)).toEqual(['District', 'Street', 'grid'])
})

it('knows the words of a datum', () => {
  expect(['GCJ-02', 'gcj02', 'WGS84', 'CGCS2000', undefined].map(datumOf)).toEqual([
    'gcj02',
    'gcj02',
    'wgs84',
    'cgcs2000',
    'wgs84',
  ])
})

it('asks for a place once, and again after a failure', async () => {
  const found = {
    id: 'p',
    name: { zh: 'P', en: 'P' },
    lines: [{ tree: {}, parents: [{ id: 'top', name: { zh: 'T', en: 'T' } }] }],
    children: [],
  }
  const fetched = vi
    .fn()
    .mockImplementationOnce(() => json({ title: 'x', status: 404 }, 404))
    .mockImplementation(() => json(found))
  vi.stubGlobal('fetch', fetched)
  await expect(place('p')).rejects.toThrow()
  expect(lineOf(await place('p')).map((p) => p.id)).toEqual(['top', 'p'])
  await place('p')
  expect(fetched).toHaveBeenCalledTimes(2)
})

it('takes a bare geometry for a shape', async () => {
  vi.stubGlobal('fetch', () => json({ type: 'Polygon', coordinates: [] }))
  expect((await shape('x')).geometry.type).toBe('Polygon')
})

it('brings hits into one shape', async () => {
  vi.stubGlobal('fetch', () =>
    json({
      hits: [
        { id: 'a', name: '人民公园', lon: 104, lat: 30, kind: 'compound' },
        { place: 'b', kind: 'place', name: { zh: 'B', en: 'B' }, line: { zh: '上', en: 'up' } },
      ],
    }),
  )
  const [a, b] = await search('x', null, 8)
  expect(a).toMatchObject({ place: 'a', address: true, line: null, lon: 104 })
  expect(b).toMatchObject({ place: 'b', address: false, lon: null, line: { zh: '上', en: 'up' } })
})
