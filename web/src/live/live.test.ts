// The stream resumes where it broke; the list stands still while somebody reads; only rows in view are drawn.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LiveEvent } from '@/api/contract'
import {
  flush,
  held,
  HELD_CASES,
  HELD_ROWS,
  heard,
  latest,
  missed,
  onGap,
  onNews,
  paused,
  receive,
  rows,
  unread,
} from './news'
import { Stream } from './stream'
import { span } from './virtual'

class Source extends EventTarget {
  static made: Source[] = []
  closed = false
  constructor(readonly url: string) {
    super()
    Source.made.push(this)
  }
  close(): void {
    this.closed = true
  }
  say(event: string, data?: unknown): void {
    this.dispatchEvent(new MessageEvent(event, data === undefined ? {} : { data: JSON.stringify(data) }))
  }
}

function event(position: number, more: Partial<LiveEvent> = {}): LiveEvent {
  return {
    position,
    case: position,
    number: `n${position}`,
    state: 'reported',
    matter: null,
    matter_name: null,
    place: null,
    place_name: null,
    urgency: null,
    at: '2026-11-24T02:00:00Z',
    what: ['reported'],
    overdue: false,
    ...more,
  }
}

describe('the stream', () => {
  beforeEach(() => {
    Source.made = []
    vi.useFakeTimers()
  })
  afterEach(() => vi.useRealTimers())
  const make = (listener: (e: LiveEvent, fresh: boolean) => void) =>
    new Stream(listener, (url) => new Source(url) as unknown as EventSource)

  it('tells the past from what is new', () => {
    const told: [number, boolean][] = []
    const stream = make((e, fresh) => told.push([e.position, fresh]))
    stream.open(5)
    expect(Source.made[0]?.url).toBe('/api/v1/live?after=5')
    Source.made[0]?.say('open')
    expect(stream.status.state).toBe('catching-up')
    Source.made[0]?.say('case', event(6))
    Source.made[0]?.say('ready')
    Source.made[0]?.say('case', event(7))
    Source.made[0]?.say('case', event(7))
    Source.made[0]?.dispatchEvent(new MessageEvent('case', { data: 'not json' }))
    expect(told).toEqual([
      [6, false],
      [7, true],
    ])
    expect(stream.status.state).toBe('live')
  })

  it('says that it is lost, waits longer each time, and resumes from the last position', () => {
    const stream = make(() => undefined)
    stream.open(5)
    Source.made[0]?.say('open')
    Source.made[0]?.say('case', event(9))
    Source.made[0]?.say('error')
    expect(stream.status.state).toBe('lost')
    expect(Source.made[0]?.closed).toBe(true)
    vi.advanceTimersByTime(1000)
    expect(Source.made[1]?.url).toBe('/api/v1/live?after=9')
    Source.made[1]?.say('error')
    vi.advanceTimersByTime(1000)
    expect(Source.made).toHaveLength(2)
    vi.advanceTimersByTime(1000)
    expect(Source.made).toHaveLength(3)
    stream.close()
    vi.advanceTimersByTime(60_000)
    expect(Source.made).toHaveLength(3)
  })
})

describe('a gap', () => {
  const make = () => {
    Source.made = []
    const told: number[] = []
    const gap = vi.fn()
    const stream = new Stream(
      (e) => told.push(e.position),
      (url) => new Source(url) as unknown as EventSource,
      gap,
    )
    return { stream, told, gap }
  }
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('is told, and what follows counts from where it ends, even in another journal', () => {
    const { stream, told, gap } = make()
    stream.open(900)
    Source.made[0]?.say('open')
    Source.made[0]?.say('gap', { position: 40 })
    expect(gap).toHaveBeenCalledTimes(1)
    Source.made[0]?.say('ready', { position: 40 })
    Source.made[0]?.say('case', event(41))
    expect(told).toEqual([41])
    Source.made[0]?.say('error')
    vi.advanceTimersByTime(1000)
    expect(Source.made[1]?.url).toBe('/api/v1/live?after=41')
  })

  it('is not made larger by what is not public: a break resumes from where the page was ready', () => {
    const { stream } = make()
    stream.open(5)
    Source.made[0]?.say('ready', { position: 700 })
    Source.made[0]?.say('error')
    vi.advanceTimersByTime(1000)
    expect(Source.made[1]?.url).toBe('/api/v1/live?after=700')
  })

  it('forgets the rows before it, and has lists asked for again', () => {
    const watcher = vi.fn()
    const stop = onGap(watcher)
    receive(event(1), false)
    flush()
    missed()
    expect(rows.value).toEqual([])
    expect(latest.size).toBe(0)
    expect(watcher).toHaveBeenCalledTimes(1)
    stop()
  })
})

describe('the news', () => {
  beforeEach(() => {
    flush()
    rows.value = []
    latest.clear()
    paused.value = false
    held.value = false
    Object.assign(heard, { day: '', taken: 0 })
  })

  it('waits unread while the list is held or paused', () => {
    receive(event(1), true)
    expect(unread.value).toBe(0)
    paused.value = true
    receive(event(2), true)
    receive(event(3), true)
    expect(unread.value).toBe(2)
    expect(rows.value).toEqual([])
    flush()
    expect(rows.value.map((e) => e.position)).toEqual([3, 2, 1])
    expect(unread.value).toBe(0)
  })

  it('tells watchers only of what is new', () => {
    const told = vi.fn()
    const stop = onNews(told)
    receive(event(1), false)
    receive(event(2), true)
    stop()
    receive(event(3), true)
    expect(told).toHaveBeenCalledTimes(1)
  })

  it('holds no more than its limits', () => {
    for (let i = 1; i <= HELD_CASES + 10; i += 1) receive(event(i), false)
    flush()
    expect(latest.size).toBe(HELD_CASES)
    expect(latest.has('n1')).toBe(false)
    expect(rows.value.length).toBe(HELD_ROWS)
    expect(rows.value[0]?.position).toBe(HELD_CASES + 10)
  })

  it('counts the calls of the latest day only', () => {
    receive(event(1, { at: '2026-11-23T02:10:00Z' }), false)
    receive(event(2, { at: '2026-11-24T02:10:00Z' }), false)
    receive(event(3, { at: '2026-11-24T02:50:00Z', what: ['answered'] }), false)
    receive(event(4, { at: '2026-11-23T02:50:00Z' }), false)
    expect(heard.taken).toBe(1)
    expect(heard.byHour.reduce((a, b) => a + b)).toBe(1)
  })
})

it('draws only the rows in view', () => {
  expect(span(600, 68, 0, 680)).toEqual({ from: 0, to: 16 })
  expect(span(600, 68, 6800, 680)).toEqual({ from: 94, to: 116 })
  expect(span(3, 68, 9999, 680)).toEqual({ from: 3, to: 3 })
  expect(span(0, 68, 0, 680)).toEqual({ from: 0, to: 0 })
})
