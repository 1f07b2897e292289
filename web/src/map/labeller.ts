// Keeps the names of the areas in view at the middle of what is seen of them.
import type { GeoJSONSource, Map as GlMap, MapGeoJSONFeature } from 'maplibre-gl'
import { labelPoints } from './labels'

const EVERY_MS = 700

/** Starts naming; returns how to name at once (`again` when the names changed) and how to stop. */
export function nameAreas(map: GlMap, layers: () => string[], nameOf: (area: MapGeoJSONFeature) => string) {
  let shown = ''
  function draw(again = false): void {
    if (map.isMoving() || map.getSource('labels') === undefined) return
    const present = layers().filter((l) => map.getLayer(l))
    const areas = map.queryRenderedFeatures({ layers: present })
    const names = new Map(areas.map((f) => [String(f.properties['id']), nameOf(f)]))
    const points = labelPoints(areas.map((f) => ({ id: String(f.properties['id']), geometry: f.geometry })))
    const key = points
      .map((p) => `${p.id}${p.at[0].toFixed(4)}${p.at[1].toFixed(4)}${names.get(p.id)}`)
      .join()
    if (key === shown && !again) return
    shown = key
    const features = points.map((p): GeoJSON.Feature => ({
      type: 'Feature',
      properties: { name: names.get(p.id) ?? '', area: p.area, size: 13 },
      geometry: { type: 'Point', coordinates: p.at },
    }))
    ;(map.getSource('labels') as GeoJSONSource).setData({ type: 'FeatureCollection', features })
  }
  // Not on `idle`: a city that never rests would never be named.
  const timer = setInterval(() => {
    if (!document.hidden) draw()
  }, EVERY_MS)
  return { draw, stop: () => clearInterval(timer) }
}
