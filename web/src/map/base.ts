// A map of the city, ready to use. Loads MapLibre; import this only from parts that are fetched late.
import 'maplibre-gl/dist/maplibre-gl.css'
import './map.css'
import { Map as GlMap, NavigationControl, setWorkerUrl, type PaddingOptions } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import type { City } from '@/api/contract'
import { paintMarks } from './marks'
import { buildStyle } from './style'

setWorkerUrl(workerUrl)

/** The fonts of the machine draw every label: no glyphs are fetched. */
export const LABEL_FONT = 'system-ui, "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif'

export interface MapWords {
  zoomIn: string
  zoomOut: string
  label: string
}

export function makeMap(
  container: HTMLElement,
  city: City,
  words: MapWords,
  padding: number | PaddingOptions,
): GlMap {
  const [west, south, east, north] = city.bbox
  const away = 0.6
  const map = new GlMap({
    container,
    style: buildStyle(city, LABEL_FONT),
    localIdeographFontFamily: LABEL_FONT,
    bounds: city.bbox,
    fitBoundsOptions: { padding },
    maxBounds: [west - away, south - away, east + away, north + away],
    minZoom: 6,
    maxZoom: 18.5,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    attributionControl: false,
    fadeDuration: 120,
    locale: {
      'NavigationControl.ZoomIn': words.zoomIn,
      'NavigationControl.ZoomOut': words.zoomOut,
      'Map.Title': words.label,
    },
  })
  map.touchZoomRotate.disableRotation()
  map.keyboard.disableRotation()
  map.addControl(new NavigationControl({ showCompass: false }), 'bottom-right')
  paintMarks(map)
  return map
}

export { GlMap }
