// Vector tiles of the mock city and of its open cases.
import GeoJsonVt from 'geojson-vt'
import vtpbf from 'vt-pbf'
import { LEVELS, type City } from './city'
import type { MockCase } from './cases'

const FROM_ZOOM: Record<string, number> = {
  district: 0,
  street: 8,
  community: 9,
  grid: 11,
  'micro-grid': 13,
}

export class Tiles {
  private readonly levels = new Map<string, GeoJsonVt>()

  constructor(city: City) {
    for (const level of LEVELS.slice(1)) {
      const features = [...city.spots.values()]
        .filter((s) => s.level === level.id)
        .map((s): GeoJSON.Feature => ({
          type: 'Feature',
          properties: { id: s.id, name: s.name.zh, level: s.level, synthetic: s.level !== 'district' },
          geometry: {
            type: 'MultiPolygon',
            coordinates: s.rings.map((r) => [[...r, r[0] as [number, number]]]),
          },
        }))
      this.levels.set(
        level.id,
        new GeoJsonVt(
          { type: 'FeatureCollection', features },
          { maxZoom: 16, indexMaxZoom: 4, buffer: 64 },
        ),
      )
    }
  }

  places(z: number, x: number, y: number): Uint8Array {
    const layers: Record<string, unknown> = {}
    for (const [level, index] of this.levels) {
      const tile = z >= (FROM_ZOOM[level] ?? 0) ? index.getTile(z, x, y) : null
      if (tile) layers[level] = tile
    }
    return vtpbf.fromGeojsonVt(layers, { version: 2 })
  }

  cases(z: number, x: number, y: number, open: MockCase[]): Uint8Array {
    const features = open.map((c): GeoJSON.Feature => ({
      type: 'Feature',
      properties: {
        number: c.number,
        state: c.state,
        matter: c.matter,
        urgency: c.urgency,
        overdue: c.due < Date.now(),
      },
      geometry: { type: 'Point', coordinates: [c.lon, c.lat] },
    }))
    const tile = new GeoJsonVt(
      { type: 'FeatureCollection', features },
      { maxZoom: 16, indexMaxZoom: 0 },
    ).getTile(z, x, y)
    return vtpbf.fromGeojsonVt(tile ? { cases: tile } : {}, { version: 2 })
  }
}
