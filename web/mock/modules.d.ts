// The two packages that cut and write vector tiles bring no types of their own.
declare module 'geojson-vt' {
  export interface Tile { features: unknown[] }
  export interface Index { getTile(z: number, x: number, y: number): Tile | null }
  export default function geojsonvt(data: GeoJSON.FeatureCollection, options?: Record<string, unknown>): Index
}
declare module 'vt-pbf' {
  const vtpbf: {
    fromGeojsonVt(layers: Record<string, unknown>, options?: { version?: number; extent?: number }): Uint8Array
  }
  export default vtpbf
}
