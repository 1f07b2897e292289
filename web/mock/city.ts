// A city to look at: real districts when HUYING_DATA is set, squares otherwise; below them cells cut by a grid.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Level, Named, Said } from '../src/api/contract'
import { seeded, type Random } from './random'

export type Ring = [number, number][]

export interface Spot {
  id: string
  name: Said
  level: string
  parent: string | null
  children: string[]
  rings: Ring[]
  households: number
}

export const LEVELS: Level[] = [
  { id: 'city', name: { zh: '市', en: 'City' } },
  { id: 'district', name: { zh: '区（市）县', en: 'District or county' } },
  { id: 'street', name: { zh: '街道（镇）', en: 'Street or town' } },
  { id: 'community', name: { zh: '社区（村）', en: 'Community' } },
  { id: 'grid', name: { zh: '网格', en: 'Grid' } },
  { id: 'micro-grid', name: { zh: '微网格', en: 'Micro-grid' } },
]
const SYLLABLES =
  '春熙锦安和平桂溪石羊双楠玉林青石桥牛市口沙河华兴天府云桥金泉茶店龙潭柳江清水白果红星新民永宁'
const ENGLISH: Record<string, string> = {
  锦江区: 'Jinjiang',
  青羊区: 'Qingyang',
  金牛区: 'Jinniu',
  武侯区: 'Wuhou',
  成华区: 'Chenghua',
  龙泉驿区: 'Longquanyi',
  青白江区: 'Qingbaijiang',
  新都区: 'Xindu',
  温江区: 'Wenjiang',
  双流区: 'Shuangliu',
  郫都区: 'Pidu',
  新津区: 'Xinjin',
  金堂县: 'Jintang',
  大邑县: 'Dayi',
  蒲江县: 'Pujiang',
  都江堰市: 'Dujiangyan',
  彭州市: 'Pengzhou',
  邛崃市: 'Qionglai',
  崇州市: 'Chongzhou',
  简阳市: 'Jianyang',
}

type Box = [number, number, number, number]

export function boxOf(rings: Ring[]): Box {
  const xs = rings.flatMap((r) => r.map((p) => p[0]))
  const ys = rings.flatMap((r) => r.map((p) => p[1]))
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
}

/** One side of a box: keeps what is inside (Sutherland and Hodgman). */
function cut(ring: Ring, axis: 0 | 1, at: number, above: boolean): Ring {
  const inside = (p: [number, number]) => (above ? p[axis] >= at : p[axis] <= at)
  const kept: Ring = []
  for (let i = 0; i < ring.length; i += 1) {
    const a = ring[i] as [number, number]
    const b = ring[(i + 1) % ring.length] as [number, number]
    if (inside(a)) kept.push(a)
    if (inside(a) !== inside(b)) {
      const t = (at - a[axis]) / (b[axis] - a[axis])
      kept.push([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])])
    }
  }
  return kept
}

export function clip(ring: Ring, [w, s, e, n]: Box): Ring {
  return cut(cut(cut(cut(ring, 0, w, true), 0, e, false), 1, s, true), 1, n, false)
}

export function area(ring: Ring): number {
  let sum = 0
  for (let i = 0; i < ring.length; i += 1) {
    const [ax, ay] = ring[i] as [number, number]
    const [bx, by] = ring[(i + 1) % ring.length] as [number, number]
    sum += ax * by - bx * ay
  }
  return Math.abs(sum / 2)
}

export function holds(rings: Ring[], x: number, y: number): boolean {
  let inside = false
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const [ax, ay] = ring[i] as [number, number]
      const [bx, by] = ring[j] as [number, number]
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside
    }
  }
  return inside
}

interface Outline {
  name: string
  rings: Ring[]
}

function outlines(): Outline[] {
  const file = process.env['HUYING_DATA']
    ? join(process.env['HUYING_DATA'], 'chengdu/districts.geojson')
    : ''
  if (file !== '' && existsSync(file)) {
    const read = JSON.parse(readFileSync(file, 'utf8')) as GeoJSON.FeatureCollection<
      GeoJSON.Polygon | GeoJSON.MultiPolygon
    >
    return read.features.map((f) => ({
      name: String(f.properties?.['name']),
      rings: (f.geometry.type === 'Polygon' ? [f.geometry.coordinates] : f.geometry.coordinates).map(
        (p) => (p[0] ?? []).slice(0, -1) as Ring,
      ),
    }))
  }
  const names = Object.keys(ENGLISH)
  return names.map((name, i) => {
    const [x, y] = [103.2 + (i % 5) * 0.3, 30.2 + Math.floor(i / 5) * 0.26]
    return {
      name,
      rings: [
        [
          [x, y],
          [x + 0.3, y],
          [x + 0.3, y + 0.26],
          [x, y + 0.26],
        ],
      ],
    }
  })
}

export class City {
  readonly spots = new Map<string, Spot>()
  readonly root = '510100'
  readonly bbox: Box
  private readonly random: Random = seeded(7)

  constructor() {
    const found = outlines()
    this.bbox = boxOf(found.flatMap((o) => o.rings))
    this.add({
      id: this.root,
      name: { zh: '成都市', en: 'Chengdu' },
      level: 'city',
      parent: null,
      rings: [],
    })
    found.forEach((o, i) => {
      const id = String(510104 + i)
      this.add({
        id,
        name: { zh: o.name, en: ENGLISH[o.name] ?? id },
        level: 'district',
        parent: this.root,
        rings: o.rings,
      })
      this.split(id, 2, 3)
    })
  }

  private add(spot: Omit<Spot, 'children' | 'households'>): void {
    this.spots.set(spot.id, { ...spot, children: [], households: 0 })
    if (spot.parent !== null) this.spots.get(spot.parent)?.children.push(spot.id)
  }

  /** Cuts a spot into cells of the next level, and those again, down to the micro-grid. */
  private split(id: string, depth: number, cells: number): void {
    const spot = this.spots.get(id)
    const level = LEVELS[depth]
    if (!spot || !level) return
    const [w, s, e, n] = boxOf(spot.rings)
    let number = 0
    for (let i = 0; i < cells * cells; i += 1) {
      const [cx, cy] = [i % cells, Math.floor(i / cells)]
      const at = (k: number, lo: number, hi: number) => lo + ((hi - lo) * k) / cells
      const cell: Box = [at(cx, w, e), at(cy, s, n), at(cx + 1, w, e), at(cy + 1, s, n)]
      const rings = spot.rings.map((r) => clip(r, cell)).filter((r) => r.length > 2 && area(r) > 1e-9)
      if (rings.length === 0) continue
      number += 1
      const child = this.childId(id, level.id, number)
      this.add({
        id: child,
        name: this.nameOf(level.id, number, child),
        level: level.id,
        parent: id,
        rings,
      })
      if (depth + 1 < LEVELS.length) this.split(child, depth + 1, depth < 3 ? 3 : 2)
      else this.count(child, 20 + Math.floor(this.random() * 70))
    }
  }

  private count(id: string, households: number): void {
    for (let at: string | null = id; at !== null; at = this.spots.get(at)?.parent ?? null) {
      const spot = this.spots.get(at)
      if (spot) spot.households += households
    }
  }

  private childId(parent: string, level: string, number: number): string {
    if (level === 'grid') return `${parent}G${String(number).padStart(2, '0')}`
    return level === 'micro-grid'
      ? `${parent}${String(number).padStart(2, '0')}`
      : `${parent}${String(number).padStart(3, '0')}`
  }

  private nameOf(level: string, number: number, id: string): Said {
    const word = () => SYLLABLES[Math.floor(this.random() * SYLLABLES.length)] ?? '安'
    if (level === 'street') return { zh: `${word()}${word()}街道`, en: id }
    if (level === 'community') return { zh: `${word()}${word()}社区`, en: id }
    const en = level === 'grid' ? `Grid ${number}` : `Micro-grid ${number}`
    return { zh: level === 'grid' ? `第${number}网格` : `微网格${number}`, en }
  }

  line(id: string): Spot[] {
    const found: Spot[] = []
    for (let at: string | null = id; at !== null; at = this.spots.get(at)?.parent ?? null) {
      const spot = this.spots.get(at)
      if (!spot) break
      found.unshift(spot)
    }
    return found
  }

  named(id: string): Named {
    return { id, name: this.spots.get(id)?.name ?? { zh: id, en: id } }
  }

  /** The deepest spot that holds a point. */
  locate(lon: number, lat: number): Spot | null {
    let at = this.spots.get(this.root) ?? null
    let last: Spot | null = null
    while (at) {
      const next: Spot | undefined = at.children
        .map((c) => this.spots.get(c) as Spot)
        .find((c) => holds(c.rings, lon, lat))
      if (!next) break
      last = next
      at = next
    }
    return last
  }

  /** A point somewhere inside, by trial. */
  inside(spot: Spot, random: Random): [number, number] {
    const [w, s, e, n] = boxOf(spot.rings)
    for (let i = 0; i < 40; i += 1) {
      const [x, y] = [w + random() * (e - w), s + random() * (n - s)]
      if (holds(spot.rings, x, y)) return [x, y]
    }
    return spot.rings[0]?.[0] ?? [w, s]
  }

  under(id: string, top: string): boolean {
    return this.line(id).some((s) => s.id === top)
  }
}
