// Shapes of the public endpoints of the live city (places, tiles, stream) beside those generated in schema.ts.
// Types only: each is read in one place of this folder, so a change of the server is a change of one file.
import type { components } from './schema'

export type Schemas = components['schemas']
export type Said = Schemas['Said']
export type Named = Schemas['Named']
export type Problem = Schemas['Problem']
export type CaseItem = Schemas['CaseItem']
export type CaseView = Schemas['CaseView']
export type OwnCase = Schemas['OwnCase']
export type CaseList = Schemas['CaseList']
export type ClockView = Schemas['ClockView']
export type ThreadView = Schemas['ThreadView']
export type NewCase = Schemas['NewCase']
export type Matters = Schemas['Matters']
export type Me = Schemas['Me']
export type PostView = Schemas['PostView']
export type Inbox = Schemas['Inbox']

/** The words the server uses for the datum of a point. */
export type Datum = 'wgs84' | 'gcj02' | 'cgcs2000'

/** A point in degrees, in the datum named beside it. */
export interface LonLat {
  lon: number
  lat: number
}

/** A level of the city's tree, from the top; `id` is also the name of its tile layer. */
export interface Level {
  id: string
  name: Said
}

/** `GET /city`: what the page must know before it draws anything. */
export interface City {
  id: string
  name: Said
  /** West, south, east, north, in degrees of `datum`; null where the city has no geometry. */
  bbox: [number, number, number, number] | null
  datum: Datum
  levels: Level[]
  /** Ids of the levels whose geometry was made from a seed. */
  synthetic: string[]
  languages: string[]
  edition: string
  /** Whether everything is made up: a demonstration. */
  madeUp: boolean
  /** IANA zone of the city, where the server says it. */
  zone?: string
  /** Id of the place at the top of the tree, where the server says it. */
  root?: string
}

/** A city whose geometry is known: one that a map can be drawn of. */
export type Mapped = City & { bbox: NonNullable<City['bbox']> }

/** A child of a place: its open cases, where the server counts them. */
export type Child = Named & { open?: number | null; children?: number | null }

/** A place with what the live city adds to the description. */
export type Place = Omit<Schemas['PlaceView'], 'children'> & { children: Child[]; level_id?: string }

/** One thing that a search of places and addresses found. */
export interface Hit {
  place: string
  name: Said
  /** The parents in words, from the top, or the address in full. */
  line: Said | null
  level: string | null
  /** In the city's own datum. */
  lon: number | null
  lat: number | null
  /** True where it is a compound or an alias rather than a place of the tree. */
  address: boolean
}

/** Where a point lies. */
export interface At {
  /** The most exact place that all evidence agrees on. */
  proved: string | null
  /** Names from the city down to it. */
  line: Named[]
  candidates: { place: string; name: Said; level: string; confidence: number; synthetic: boolean }[]
  /** The same point in the city's own datum, for the map. */
  point: LonLat | null
}

/** A step of a case that the stream tells. */
export type What = string

/** One message of the live stream; only public facts. */
export interface LiveEvent {
  position: number
  case: number
  number: string
  state: string
  matter: string | null
  matter_name: Said | null
  place: string | null
  place_name: Said | null
  lon?: number | null
  lat?: number | null
  urgency: string | null
  at: string
  what: What[]
  overdue: boolean
}

/** A count, or the words the server says instead of a small one without an account: `<5`, `withheld`. */
export type Count = number | string

/** A rate with what it was made of; `percent` is null when nothing was rated, all is when it is withheld. */
export interface Rate {
  numerator: number | null
  denominator: number | null
  percent: number | null
  low: number | null
  high: number | null
  /** True where the numbers would tell of single people: then none is said. */
  withheld?: boolean
}

/** One row of figures; many more members exist, these are the ones the page shows. */
export interface FigureRow {
  key: string | null
  name: string | Said | null
  received: Count
  open: Count
  overdue_open: Count
  on_time: Rate
  on_time_judged: Rate
  satisfied: Rate
  solved: Rate
  responded: Rate
  transferred: Count
  reworked: Count
  urged: Count
  on_notice: Count
  quick: Count
  forced: Count
  /** The three rates by the weights of the profile, 0 to 100; null where one of them is not rated. */
  score?: number | 'withheld' | null
}

/** What each rate weighs in the score, in whatever unit: they are compared with their sum. */
export interface Weights {
  response: number
  solved: number
  satisfied: number
}

/** `GET /figures`. */
export interface Figures {
  origin: { position: Record<string, number>; city_edition: number; profile_edition: string }
  rules: { weights?: Weights | null }
  /** Counts below it are masked; none when the asker may see all. */
  smallest_cell?: number
  total: FigureRow
  rows: FigureRow[]
}

/** `GET /figures/costs`: money in hundredths of the currency. */
export interface CostFigures {
  rates: { currency: string }
  total: {
    cases: number
    recorded: number
    closed: number
    minutes: number
    trips: number
    forms: number
    transfers: number
    per_closed_case: number | null
  }
}

/** One unit of a control chart. Shares lie between 0 and 1. */
export interface WhistlePoint {
  key: string
  name: string | null
  count: number
  cases: number
  value: number | null
  low: number | null
  high: number | null
  signal: 'below' | 'within' | 'above' | 'not-rated'
  /** True where not even none would be a signal. */
  blind_below: boolean
}

/** A control chart of the units of one kind: shares of cases with a whistle, or whistles for each case. */
export interface WhistleChart {
  kind: string
  figure: string
  chart: 'p' | 'u'
  count: number
  cases: number
  centre: number | null
  sigmas: number
  points: WhistlePoint[]
}

/** `GET /figures/whistles`; the rates of `units` are not shown on the page. */
export interface WhistleFigures {
  whistling: { sigmas: number }
  charts: WhistleChart[]
}
