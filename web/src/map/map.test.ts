// Names at the middle of areas, boxes round shapes, layers for every level, and nothing fetched from elsewhere.
import { describe, expect, it } from 'vitest'
import { readCity } from '@/api/city'
import { boundsOf, labelPoints } from './labels'
import { areaLevels, buildStyle, kidsFilter } from './style'

const square = (x: number, y: number, size: number): GeoJSON.Polygon => ({
  type: 'Polygon',
  coordinates: [
    [
      [x, y],
      [x + size, y],
      [x + size, y + size],
      [x, y + size],
      [x, y],
    ],
  ],
})

describe('labels', () => {
  it('lie at the middle of all pieces of an area, by their size', () => {
    const [whole] = labelPoints([{ id: 'a', geometry: square(100, 30, 2) }])
    expect(whole?.at[0]).toBeCloseTo(101)
    expect(whole?.at[1]).toBeCloseTo(31)
    const [cut] = labelPoints([
      { id: 'a', geometry: square(0, 0, 2) },
      { id: 'a', geometry: square(10, 0, 1) },
    ])
    expect(cut?.at[0]).toBeCloseTo((1 * 4 + 10.5 * 1) / 5)
  })
  it('are not put on nothing', () => {
    expect(labelPoints([{ id: 'a', geometry: { type: 'Point', coordinates: [1, 1] } }])).toEqual([])
  })
})

it('finds the box of a shape', () => {
  expect(
    boundsOf({
      type: 'MultiPolygon',
      coordinates: [square(0, 0, 1).coordinates, square(4, -2, 1).coordinates],
    }),
  ).toEqual([0, -2, 5, 1])
  expect(boundsOf({ type: 'MultiPolygon', coordinates: [] })).toBeNull()
})

describe('the style', () => {
  const levels = ['city', 'zone', 'district', 'street', 'community', 'grid', 'micro-grid']
  const city = readCity({
    id: 'c',
    name: 'c',
    bbox: [1, 2, 3, 4],
    levels,
    synthetic_levels: ['street', 'grid'],
  })
  const style = buildStyle({ ...city, bbox: [1, 2, 3, 4] }, 'sans-serif')

  it('draws every level below the city, and marks the borders that are made up', () => {
    expect(areaLevels(city).map((l) => l.id)).toEqual(levels.slice(2))
    for (const level of levels.slice(2)) {
      const line = style.layers.find((l) => l.id === `line-${level}`)
      expect(line?.paint && 'line-dasharray' in line.paint, level).toBe(city.synthetic.includes(level))
    }
  })
  it('asks nobody but the own server', () => {
    expect(style.glyphs).toBeUndefined()
    expect(style.sprite).toBeUndefined()
    const urls = JSON.stringify(style).match(/https?:\/\/[^"/]+/g) ?? []
    expect(urls.length).toBeGreaterThan(0)
    expect(new Set(urls)).toEqual(new Set([location.origin]))
  })
  it('lights nobody when nobody is a child', () => {
    expect(kidsFilter([])).toEqual(['==', ['get', 'id'], ''])
    expect(kidsFilter(['a'])).toEqual(['in', ['get', 'id'], ['literal', ['a']]])
  })
})
