// The mock server: the contract over HTTP with tiles and the live stream, and the built page beside it.
// MOCK_MODE: `full` (default), `empty` (no cases), `error` (everything fails), `quiet` (nothing new happens).
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { Api, Refusal, refuse, type Question } from './api'
import { City } from './city'
import { Cases } from './cases'
import { Tiles } from './tiles'
import type { LiveEvent } from '../src/api/contract'

const DIST = join(import.meta.dirname, '../dist')
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}
/** The policy the page is built for; the real server may send the same. */
export const POLICY =
  "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; " +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

async function read(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const text = Buffer.concat(parts).toString()
  return text === '' ? null : JSON.parse(text)
}

export interface Options {
  mode?: string
  every?: number
  many?: number
}

export function serve(port: number, { mode = 'full', every = 1400, many = 700 }: Options = {}) {
  const city = new City()
  const cases = new Cases(city, mode === 'empty' ? 0 : many)
  const tiles = new Tiles(city)
  const api = new Api(city, cases)
  const life =
    mode === 'full'
      ? setInterval(() => {
          const now = Date.now()
          if (now % 3 === 0) cases.call(now)
          else cases.advance(now)
        }, every)
      : null

  function stream(q: Question, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    const after = Number(q.headers['last-event-id'] ?? q.query.get('after') ?? cases.position)
    const place = q.query.get('place')
    const send = (event: LiveEvent) => {
      if (place === null || (event.place !== null && city.under(event.place, place))) {
        response.write(`id: ${event.position}\nevent: case\ndata: ${JSON.stringify(event)}\n\n`)
      }
    }
    for (const event of cases.log) if (event.position > after) send(event)
    response.write('event: ready\ndata: {}\n\n')
    cases.listeners.add(send)
    const alive = setInterval(() => response.write(': keep-alive\n\n'), 15_000)
    response.on('close', () => {
      cases.listeners.delete(send)
      clearInterval(alive)
    })
  }

  function file(path: string, response: ServerResponse): void {
    const wanted = join(DIST, normalize(path))
    const found =
      wanted.startsWith(DIST) && existsSync(wanted) && statSync(wanted).isFile()
        ? wanted
        : join(DIST, 'index.html')
    if (!existsSync(found)) {
      response.writeHead(404).end('build the page first: npm run build')
      return
    }
    response.writeHead(200, {
      'content-type': TYPES[extname(found)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
      'cache-control': found.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    })
    createReadStream(found).pipe(response)
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://mock')
    if (!url.pathname.startsWith('/api/') && url.pathname !== '/healthz')
      return file(url.pathname, response)
    const q: Question = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: null,
    }
    try {
      if (mode === 'error') refuse(q, 503, 'the ledger cannot be written now')
      const tile = /^\/api\/v1\/tiles\/(cases\/)?(\d+)\/(\d+)\/(\d+)\.mvt$/.exec(url.pathname)
      if (tile) {
        const [z, x, y] = [Number(tile[2]), Number(tile[3]), Number(tile[4])]
        response.writeHead(200, { 'content-type': 'application/vnd.mapbox-vector-tile' })
        response.end(tile[1] ? tiles.cases(z, x, y, cases.open()) : tiles.places(z, x, y))
        return
      }
      if (url.pathname === '/api/v1/live') return stream(q, response)
      if (q.path.endsWith('/files')) request.resume()
      else if (['POST', 'PUT'].includes(q.method)) q.body = await read(request)
      const { status, body } = api.answer(q)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    } catch (error) {
      const problem =
        error instanceof Refusal
          ? error.problem
          : { type: 'urn:mock', title: '500', status: 500, detail: String(error) }
      response
        .writeHead(problem.status, {
          'content-type': 'application/problem+json',
          ...(problem.status === 503 ? { 'retry-after': '2' } : {}),
        })
        .end(JSON.stringify(problem))
    }
  }

  const server = createServer((request, response) => void handle(request, response))
  server.listen(port, '127.0.0.1')
  server.on('close', () => {
    if (life) clearInterval(life)
  })
  return { server, api, cases, city }
}

if (process.argv[1] === import.meta.filename) {
  const port = Number(process.env['PORT'] ?? 7311)
  serve(port, { mode: process.env['MOCK_MODE'] ?? 'full' })
  console.log(`the mock serves http://127.0.0.1:${port} (token: desk; duty for the duty head)`)
}
