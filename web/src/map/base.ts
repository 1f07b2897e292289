// A map of the city, ready to use. Loads MapLibre; import this only from parts that are fetched late.
import 'maplibre-gl/dist/maplibre-gl.css'
import './map.css'
import { Map as GlMap, NavigationControl, setWorkerUrl, type PaddingOptions } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import type { Mapped } from '@/api/contract'
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
  city: Mapped,
  words: MapWords,
  padding: number | PaddingOptions,
): GlMap {
  const [west, south, east, north] = city.bbox
  // As far again on each side: a screen that is high or wide must be able to show the whole city.
  const [wide, high] = [east - west, north - south]
  const map = new GlMap({
    container,
    style: buildStyle(city, LABEL_FONT),
    localIdeographFontFamily: LABEL_FONT,
    bounds: city.bbox,
    fitBoundsOptions: { padding },
    maxBounds: [west - wide, Math.max(-85, south - high), east + wide, Math.min(85, north + high)],
    minZoom: 4,
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
