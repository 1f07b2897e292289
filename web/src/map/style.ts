// How the map looks: one vector source per kind of tile, layers per level of the city, no glyph or sprite server.
// Colours come from shell/styles.css. Who may be clicked and what is lit up is decided in CityMap.vue.
import type { FilterSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'
import type { City, Level, Mapped } from '@/api/contract'
import { ROOT } from '@/api/http'
import { colour } from '@/shell/theme'

export const KID_FILL = 'kid-fill-'
export const CASE_LAYERS = ['cases', 'recent']
/** From which zoom on a level's borders are worth drawing, by its depth; deeper levels use the last. */
const LINE_FROM = [0, 0, 8.6, 10.4, 12.2, 13.8]
const LINE_WIDTH = [2.2, 1.6, 1.1, 0.9, 0.7, 0.6]
export const MAX_TILE_ZOOM = 16

const nobody: FilterSpecification = ['==', ['get', 'id'], '']

/** The levels that have areas of their own below the city, from the top; zones share the streets of districts. */
export function areaLevels(city: City): Level[] {
  return city.levels.filter((l, i) => i > 0 && l.id !== 'zone')
}

export function kidsFilter(ids: readonly string[]): FilterSpecification {
  return ids.length === 0 ? nobody : ['in', ['get', 'id'], ['literal', [...ids]]]
}

/** Cases of the tiles, without those the stream has newer word of. */
export function olderFilter(numbers: readonly string[]): FilterSpecification {
  return ['!', ['in', ['get', 'number'], ['literal', [...numbers]]]]
}

function absolute(path: string): string {
  return `${location.origin}${ROOT}${path}`
}

export function tilesOfCases(turn: number): string {
  return absolute(`/tiles/cases/{z}/{x}/{y}.mvt?turn=${turn}`)
}

function levelLayers(city: City): LayerSpecification[] {
  const levels = areaLevels(city)
  const layers: LayerSpecification[] = []
  levels.forEach((level, i) => {
    layers.push({
      id: `${KID_FILL}${level.id}`,
      type: 'fill',
      source: 'places',
      'source-layer': level.id,
      filter: nobody,
      paint: {
        'fill-color': [
          'case',
          ['boolean', ['feature-state', 'hover'], false],
          colour('--map-lit'),
          [
            'interpolate',
            ['linear'],
            ['coalesce', ['feature-state', 'load'], 0],
            0,
            colour('--map-low'),
            1,
            colour('--map-high'),
          ],
        ],
      },
    })
    layers.push({
      id: `line-${level.id}`,
      type: 'line',
      source: 'places',
      'source-layer': level.id,
      minzoom: LINE_FROM[Math.min(i + 1, LINE_FROM.length - 1)] ?? 0,
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': colour(i === 0 ? '--map-line' : '--map-line-soft'),
        'line-width': LINE_WIDTH[Math.min(i + 1, LINE_WIDTH.length - 1)] ?? 0.6,
        ...(city.synthetic.includes(level.id) ? { 'line-dasharray': [3, 2] } : {}),
      },
    })
  })
  for (const level of levels) {
    layers.push({
      id: `kid-line-${level.id}`,
      type: 'line',
      source: 'places',
      'source-layer': level.id,
      filter: nobody,
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': colour('--map-line'),
        'line-width': ['case', ['boolean', ['feature-state', 'hover'], false], 2.4, 1.2],
        ...(city.synthetic.includes(level.id) ? { 'line-dasharray': [3, 2] } : {}),
      },
    })
  }
  return layers
}

const mark: LayerSpecification['layout'] = {
  'icon-image': [
    'case',
    ['boolean', ['get', 'overdue'], false],
    'mark-late',
    ['concat', 'mark-', ['coalesce', ['get', 'state'], 'open']],
  ],
  'icon-allow-overlap': true,
  'icon-ignore-placement': true,
  'icon-size': ['interpolate', ['linear'], ['zoom'], 8, 0.34, 11, 0.5, 14, 0.9, 17, 1.1],
}

export function buildStyle(city: Mapped, labelFont: string): StyleSpecification {
  const empty: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] }
  const land = areaLevels(city)[0]?.id ?? 'district'
  return {
    version: 8,
    sources: {
      places: {
        type: 'vector',
        tiles: [absolute('/tiles/{z}/{x}/{y}.mvt')],
        maxzoom: MAX_TILE_ZOOM,
        promoteId: 'id',
        bounds: city.bbox,
      },
      cases: { type: 'vector', tiles: [tilesOfCases(0)], maxzoom: 14, bounds: city.bbox },
      recent: { type: 'geojson', data: empty },
      labels: { type: 'geojson', data: empty },
    },
    layers: [
      { id: 'out', type: 'background', paint: { 'background-color': colour('--map-out') } },
      {
        id: 'land',
        type: 'fill',
        source: 'places',
        'source-layer': land,
        paint: { 'fill-color': colour('--map-land'), 'fill-antialias': false },
      },
      ...levelLayers(city),
      {
        id: 'cases',
        type: 'symbol',
        source: 'cases',
        'source-layer': 'cases',
        layout: mark,
        paint: { 'icon-opacity': ['interpolate', ['linear'], ['zoom'], 8, 0.75, 13, 1] },
      } as LayerSpecification,
      { id: 'recent', type: 'symbol', source: 'recent', layout: mark } as LayerSpecification,
      {
        id: 'labels',
        type: 'symbol',
        source: 'labels',
        layout: {
          'text-field': ['get', 'name'],
          'text-font': [labelFont],
          'text-size': ['get', 'size'],
          'text-max-width': 7,
          'text-padding': 6,
          'symbol-sort-key': ['-', 0, ['get', 'area']],
        },
        paint: {
          'text-color': colour('--map-label'),
          'text-halo-color': colour('--map-land'),
          'text-halo-width': 1.6,
        },
      },
    ],
  }
}
