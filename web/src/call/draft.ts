// What a resident has filled in, and the call that becomes of it. Pure, so that it can be tested.
import type { Datum, LonLat, NewCase } from '@/api/contract'

export interface Where {
  /** A point, in `datum`. */
  point: (LonLat & { datum: Datum }) | null
  place: string | null
  address: string
}

export interface Draft {
  title: string
  body: string
  request_type: string
  matter: string
  urgency: 'general' | 'urgent' | 'emergency'
  identity: 'named' | 'confidential' | 'anonymous'
  name: string
  phone: string
  where: Where
  /** The unit complained of; only of calls that may be about one. */
  about: string
}

/** Longest texts the server takes. */
export const MAX_TITLE = 200
export const MAX_BODY = 12_000
const TITLE_FROM_BODY = 40

/** Types of call that may be about a unit: complaints 投诉 and reports 举报. */
export const mayBeAbout = (type: string): boolean => ['complaint', 'report'].includes(type)

export function emptyDraft(): Draft {
  return {
    title: '',
    body: '',
    request_type: '',
    matter: '',
    urgency: 'general',
    identity: 'named',
    name: '',
    phone: '',
    where: { point: null, place: null, address: '' },
    about: '',
  }
}

/** The first sentence, cut at a length that still reads as a line. */
export function titleOf(draft: Draft): string {
  const given = draft.title.trim()
  if (given !== '') return given
  const first = draft.body.trim().split(/[\n。！？!?；;]/u)[0] ?? ''
  const letters = [...first.trim()]
  return letters.length > TITLE_FROM_BODY
    ? `${letters.slice(0, TITLE_FROM_BODY).join('')}…`
    : letters.join('')
}

export type Lack = 'body' | 'request_type' | 'where'

/** What must still be filled in before the call can be sent. */
export function lacking(draft: Draft): Lack[] {
  const { where } = draft
  const lacks: Lack[] = []
  if (draft.body.trim() === '') lacks.push('body')
  if (draft.request_type === '') lacks.push('request_type')
  if (where.point === null && where.place === null && where.address.trim() === '') lacks.push('where')
  return lacks
}

/** The call as the API takes it. An anonymous call carries no contact, whatever was typed before. */
export function callOf(draft: Draft, channel: string): NewCase {
  const { where } = draft
  const call: NewCase = {
    title: titleOf(draft),
    body: draft.body.trim(),
    request_type: draft.request_type,
    channel,
    urgency: draft.urgency,
    identity: draft.identity,
  }
  if (draft.matter !== '') call.matter = draft.matter
  if (draft.about !== '' && mayBeAbout(draft.request_type)) call.about = draft.about
  if (where.point !== null) {
    Object.assign(call, {
      lon: round(where.point.lon),
      lat: round(where.point.lat),
      datum: where.point.datum,
    })
  } else if (where.place !== null) call.place = where.place
  if (where.address.trim() !== '') call.address = where.address.trim()
  const contact = {
    ...(draft.name.trim() === '' ? {} : { name: draft.name.trim() }),
    ...(draft.phone.trim() === '' ? {} : { phone: draft.phone.trim() }),
  }
  if (draft.identity !== 'anonymous' && Object.keys(contact).length > 0) call.contact = contact
  return call
}

/** Seven places of a degree are about a centimetre: more is noise. */
function round(degrees: number): number {
  return Math.round(degrees * 1e7) / 1e7
}
