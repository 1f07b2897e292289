// Where the name of each area goes. Tiles cut an area into pieces; one name is put at the middle of what is seen.
type Ring = readonly (readonly number[])[]

export interface Piece {
  id: string
  geometry: GeoJSON.Geometry
}

export interface LabelPoint {
  id: string
  area: number
  at: [number, number]
}

/** Signed area and centre of a ring by the shoelace rule, in the ring's own units. */
function centre(ring: Ring): { area: number; x: number; y: number } {
  let area = 0
  let x = 0
  let y = 0
  const [ox = 0, oy = 0] = ring[0] ?? []
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const [ax = 0, ay = 0] = ring[i] ?? []
    const [bx = 0, by = 0] = ring[i + 1] ?? []
    const cross = (ax - ox) * (by - oy) - (bx - ox) * (ay - oy)
    area += cross / 2
    x += ((ax - ox + bx - ox) * cross) / 6
    y += ((ay - oy + by - oy) * cross) / 6
  }
  return area === 0
    ? { area: 0, x: ox, y: oy }
    : { area: Math.abs(area), x: ox + x / area, y: oy + y / area }
}

function rings(geometry: GeoJSON.Geometry): Ring[] {
  if (geometry.type === 'Polygon') return geometry.coordinates.slice(0, 1)
  if (geometry.type === 'MultiPolygon') return geometry.coordinates.map((p) => p[0] ?? [])
  return []
}

/** One point for each id: the middle, weighted by area, of all its pieces in view. */
export function labelPoints(pieces: readonly Piece[]): LabelPoint[] {
  const sums = new Map<string, { area: number; x: number; y: number }>()
  for (const piece of pieces) {
    const sum = sums.get(piece.id) ?? { area: 0, x: 0, y: 0 }
    for (const ring of rings(piece.geometry)) {
      const c = centre(ring)
      sum.area += c.area
      sum.x += c.x * c.area
      sum.y += c.y * c.area
    }
    sums.set(piece.id, sum)
  }
  return [...sums]
    .filter(([, s]) => s.area > 0)
    .map(([id, s]) => ({ id, area: s.area, at: [s.x / s.area, s.y / s.area] }))
}

/** West, south, east, north of a shape; null of an empty one. */
export function boundsOf(geometry: GeoJSON.Geometry): [number, number, number, number] | null {
  let box: [number, number, number, number] | null = null
  for (const ring of rings(geometry)) {
    for (const [x = 0, y = 0] of ring) {
      box =
        box === null
          ? [x, y, x, y]
          : [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)]
    }
  }
  return box
}
