// The two packages that cut and write vector tiles bring no types of their own.
declare module 'geojson-vt' {
  export default class GeoJsonVt {
    constructor(data: GeoJSON.FeatureCollection, options?: Record<string, unknown>)
    getTile(z: number, x: number, y: number): { features: unknown[] } | null
  }
}
declare module 'vt-pbf' {
  const vtpbf: {
    fromGeojsonVt(
      layers: Record<string, unknown>,
      options?: { version?: number; extent?: number },
    ): Uint8Array
  }
  export default vtpbf
}
