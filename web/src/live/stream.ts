// The live stream: one connection, its state in words, resumed from the last position after any break.
// Knows neither screens nor maps; live/news.ts keeps what was heard.
import { reactive, readonly } from 'vue'
import type { LiveEvent } from '@/api/contract'
import { address, ROOT } from '@/api/http'

export type StreamState = 'off' | 'connecting' | 'catching-up' | 'live' | 'lost'

type Listener = (event: LiveEvent, fresh: boolean) => void

/** Waits before a new attempt, in milliseconds; the last one repeats. */
const WAITS = [1000, 2000, 5000, 10000, 20000]

/** The journal position that a message of the stream itself names. */
function positionOf(message: MessageEvent<string>): number | null {
  try {
    const position: unknown = (JSON.parse(message.data) as { position?: unknown }).position
    return typeof position === 'number' ? position : null
  } catch {
    return null
  }
}

export class Stream {
  private source: EventSource | null = null
  private timer: ReturnType<typeof setTimeout> | null = null
  private attempts = 0
  private last: number | null = null
  private readonly inner = reactive({ state: 'off' as StreamState, lastAt: null as string | null })
  readonly status = readonly(this.inner)

  constructor(
    private readonly listener: Listener,
    private readonly make: (url: string) => EventSource = (url) => new EventSource(url),
    /** Called when what came between lies too far back to be told: whatever was listed is to be asked for again. */
    private readonly gap: () => void = () => undefined,
  ) {}

  /** Listens from a journal position on; without one, from now on. */
  open(after: number | null, place: string | null = null): void {
    this.close()
    this.last = after
    this.connect(place)
  }

  close(): void {
    this.source?.close()
    this.source = null
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
    this.inner.state = 'off'
  }

  private connect(place: string | null): void {
    this.inner.state = this.inner.state === 'lost' ? 'lost' : 'connecting'
    const source = this.make(address(`${ROOT}/live`, { place, after: this.last }))
    this.source = source
    source.addEventListener('open', () => {
      this.attempts = 0
      this.inner.state = 'catching-up'
    })
    source.addEventListener('ready', (message) => {
      // What is public may be rare: resuming from the last item alone would read ever more again.
      const at = positionOf(message as MessageEvent<string>)
      if (at !== null && (this.last === null || at > this.last)) this.last = at
      this.inner.state = 'live'
    })
    source.addEventListener('gap', (message) => {
      // Also told where the journal is another one: then the position is the lower one, and the one that counts.
      this.last = positionOf(message as MessageEvent<string>) ?? this.last
      this.gap()
    })
    source.addEventListener('case', (message) => this.hear(message as MessageEvent<string>))
    source.addEventListener('error', () => this.broken(place))
  }

  private hear(message: MessageEvent<string>): void {
    let event: LiveEvent
    try {
      event = JSON.parse(message.data) as LiveEvent
    } catch {
      return
    }
    if (this.last !== null && event.position <= this.last) return
    this.last = event.position
    this.inner.lastAt = event.at
    this.listener(event, this.inner.state === 'live')
  }

  /** The browser resumes by itself only while the answer was a stream; this does it always, and says so. */
  private broken(place: string | null): void {
    this.source?.close()
    this.source = null
    this.inner.state = 'lost'
    const wait = WAITS[Math.min(this.attempts, WAITS.length - 1)] ?? 20000
    this.attempts += 1
    this.timer = setTimeout(() => this.connect(place), wait)
  }
}
