// The city, its places and where a point lies. Answers are brought into one shape here; drawing is in map/.
import type { At, Child, City, Datum, Hit, Level, LonLat, Named, Place, Said } from './contract'
import { ask, ROOT } from './http'

type Loose = Record<string, unknown>

function words(zh: unknown, en?: unknown): Said {
  if (typeof zh === 'object' && zh !== null && 'zh' in zh) return zh as Said
  return { zh: String(zh ?? ''), en: String(en ?? zh ?? '') }
}

function level(value: unknown): Level {
  if (typeof value === 'string') return { id: value, name: words(value) }
  const from = value as Loose
  return { id: String(from['id']), name: words(from['name'], from['name_en']) }
}

/** The words of a datum as files and answers spell it: `GCJ-02`, `gcj02`. */
export function datumOf(word: unknown): Datum {
  const plain = String(word ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
  return plain === 'gcj02' || plain === 'cgcs2000' ? plain : 'wgs84'
}

/** Brings `GET /city` into the shape of the page. */
export function readCity(from: Loose): City {
  const levels = (from['levels'] as unknown[]) ?? []
  const city: City = {
    id: String(from['id']),
    name: words(from['name'], from['name_en']),
    bbox: Array.isArray(from['bbox']) ? (from['bbox'] as City['bbox']) : null,
    datum: datumOf(from['datum']),
    levels: levels.map(level),
    synthetic: levels.filter((l) => (l as Loose)['synthetic'] === true).map((l) => level(l).id),
    languages: ((from['languages'] as unknown[]) ?? []).map(String),
    edition: String(from['edition'] ?? ''),
    madeUp: from['made_up'] === true,
  }
  if (typeof from['zone'] === 'string') city.zone = from['zone']
  if (typeof from['root'] === 'string') city.root = from['root']
  return city
}

export async function city(signal?: AbortSignal): Promise<City> {
  return readCity(await ask<Loose>(`${ROOT}/city`, { signal }))
}

const known = new Map<string, Promise<Place>>()

/** A place with its parents and children; remembered for the life of the page, failures are not. */
export function place(code: string): Promise<Place> {
  const held = known.get(code)
  if (held) return held
  const asked = ask<Place>(`${ROOT}/places/${encodeURIComponent(code)}`)
  known.set(code, asked)
  asked.catch(() => known.delete(code))
  return asked
}

/** Forgets what was remembered: the edition changed, or counts should be fresh. */
export function forgetPlaces(): void {
  known.clear()
}

/** The line of parents in the tree that governs: the first one the server names. */
export function lineOf(of: Place): Named[] {
  return [...(of.lines[0]?.parents ?? []), { id: of.id, name: of.name }]
}

/** Units whose territory a place lies in, nearest first. */
export async function unitsAround(of: Place): Promise<Named[]> {
  const parents = (of.lines[0]?.parents ?? []).map((p) => p.id).reverse()
  const all = await Promise.all(parents.map((p) => place(p).catch(() => null)))
  return [of, ...all].flatMap((p) => p?.units ?? [])
}

export type Shape = GeoJSON.Feature<GeoJSON.Polygon | GeoJSON.MultiPolygon>

export async function shape(code: string, signal?: AbortSignal): Promise<Shape> {
  const found = await ask<Shape | Shape['geometry']>(`${ROOT}/places/${encodeURIComponent(code)}/shape`, {
    signal,
  })
  return found.type === 'Feature' ? found : { type: 'Feature', properties: {}, geometry: found }
}

function hit(from: Loose): Hit {
  const lon = from['lon']
  const lat = from['lat']
  return {
    place: String(from['place'] ?? from['id'] ?? from['grid'] ?? ''),
    name: words(from['name'], from['name_en']),
    line: from['line'] === undefined || from['line'] === null ? null : words(from['line'], from['line_en']),
    level: typeof from['level'] === 'string' ? from['level'] : null,
    lon: typeof lon === 'number' ? lon : null,
    lat: typeof lat === 'number' ? lat : null,
    address: from['kind'] === 'compound' || from['kind'] === 'alias',
  }
}

/** Places and addresses whose names are like the words, best first. */
export async function search(
  q: string,
  within: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Hit[]> {
  const found = await ask<{ hits: Loose[] }>(`${ROOT}/places/search`, {
    query: { q, within, limit },
    signal,
  })
  return found.hits.map(hit)
}

/** Where a point lies: the place proved, its line, and candidates where the evidence is thin. */
export function at(
  point: LonLat,
  datum: Datum,
  accuracy: number | null,
  signal?: AbortSignal,
): Promise<At> {
  const query = { lon: point.lon, lat: point.lat, datum, accuracy_m: accuracy }
  return ask<At>(`${ROOT}/places/at`, { query, signal })
}

export type { Child }
