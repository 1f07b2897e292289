// Civil time of the city: its zone, days, clock times and lengths in words' numbers. Pure but for the zone set once.
import { language } from '@/i18n'
import { cityNow } from './now'

export interface Length {
  days: number
  hours: number
  minutes: number
}

let zone: string | undefined

/** Times are shown in the zone of the city, whatever the viewer's machine thinks. */
export function useZone(name: string | undefined): void {
  zone = name
}

function parts(at: string | Date): Record<string, string> {
  const format = new Intl.DateTimeFormat('en-CA', {
    ...(zone === undefined ? {} : { timeZone: zone }),
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  return Object.fromEntries(format.formatToParts(new Date(at)).map((p) => [p.type, p.value]))
}

/** The civil day (2026-11-24) and hour of an instant. */
export function civil(at: string | Date): { day: string; hour: number } {
  const p = parts(at)
  return { day: `${p['year']}-${p['month']}-${p['day']}`, hour: Number(p['hour']) }
}

/** The city's clock at an instant: `2026-11-24T09:05`. */
export function civilTime(at: string | Date): string {
  return `${civil(at).day}T${clockTime(at)}`
}

/** The instant at which the city's clock shows `2026-11-24T09:05`. */
export function instantAt(shown: string): Date {
  const wanted = Date.parse(`${shown}Z`)
  const off = (at: number) => Date.parse(`${civilTime(new Date(at))}Z`) - at
  // The offset there and then may be another than at the first guess: near a change of the clocks.
  const guess = wanted - off(wanted)
  return new Date(wanted - off(guess))
}

/** The instant at which the civil day of `now` began, found without knowing the zone's offset beforehand. */
export function startOfDay(now: Date): Date {
  const { day } = civil(now)
  const p = parts(now)
  const into = (Number(p['hour']) * 60 + Number(p['minute'])) * 60_000
  const guess = new Date(Math.floor(now.getTime() / 60_000) * 60_000 - into)
  // An hour was put in or taken out today: step to the first instant that still belongs to the day.
  if (civil(guess).day < day) return new Date(guess.getTime() + 3_600_000)
  return civil(guess).hour > 0 ? new Date(guess.getTime() - 3_600_000) : guess
}

/** `09:05` */
export function clockTime(at: string | Date): string {
  const p = parts(at)
  return `${p['hour']}:${p['minute']}`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `11-24 09:05`, in English `24 Nov, 09:05`; with the year where it is not this one. */
export function shortTime(at: string | Date, now = cityNow()): string {
  const p = parts(at)
  const other = parts(now)['year'] !== p['year']
  if (language() === 'en') {
    const month = MONTHS[Number(p['month']) - 1]
    return `${Number(p['day'])} ${month}${other ? ` ${p['year']}` : ''}, ${clockTime(at)}`
  }
  return `${other ? `${p['year']}-` : ''}${p['month']}-${p['day']} ${clockTime(at)}`
}

/** A length in whole days, hours and minutes; never negative. */
export function length(seconds: number): Length {
  const minutes = Math.floor(Math.abs(seconds) / 60)
  return {
    days: Math.floor(minutes / 1440),
    hours: Math.floor((minutes % 1440) / 60),
    minutes: minutes % 60,
  }
}
