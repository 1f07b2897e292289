// One door to the server: headers, problem+json, cancelled requests. Knows no endpoint; those are beside it.
import type { Problem } from './contract'
import { told } from '@/shell/now'

/** A request that did not succeed. `status` is 0 when the server could not be reached. */
export class Refused extends Error {
  constructor(
    readonly problem: Problem,
    readonly retryAfter: number | null = null,
  ) {
    super(problem.title)
  }
  get status(): number {
    return this.problem.status
  }
}

/** What every request carries; the shell keeps it in step with the session and the language. */
export const sender = { token: null as string | null, post: null as string | null, language: 'zh-CN' }

export interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  query?: Record<string, string | number | boolean | null | undefined>
  body?: unknown
  /** A body as it is, with its own media type. */
  file?: Blob
  headers?: Record<string, string>
  signal?: AbortSignal
}

export const ROOT = '/api/v1'

/** The path with its query; members that are null or empty are left out. */
export function address(path: string, query: Ask['query'] = {}): string {
  const given = Object.entries(query).filter(([, v]) => v !== null && v !== undefined && v !== '')
  const search = new URLSearchParams(given.map(([k, v]) => [k, String(v)])).toString()
  return search === '' ? path : `${path}?${search}`
}

function unreadable(status: number, detail: string): Problem {
  const type = status === 0 ? 'urn:huying:page:unreachable' : 'urn:huying:page:unreadable'
  return { type, title: '', status, detail }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'title' in value && 'status' in value
}

async function refusal(answer: Response): Promise<Refused> {
  const body: unknown = await answer.json().catch(() => null)
  const wait = Number(answer.headers.get('retry-after'))
  const problem = isProblem(body) ? body : unreadable(answer.status, answer.statusText)
  return new Refused(problem, Number.isFinite(wait) && wait > 0 ? wait : null)
}

/** Asks the server; throws `Refused` for everything that is no success. */
async function answered(path: string, options: Ask): Promise<Response> {
  const headers: Record<string, string> = { 'accept-language': sender.language, ...options.headers }
  // Who comes with a query code comes as the caller, whoever is signed in: an account may do less there, or other things.
  const caller = 'x-huying-query-code' in headers
  if (sender.token !== null && !caller) headers['authorization'] = `Bearer ${sender.token}`
  if (sender.post !== null && !caller) headers['x-huying-post'] = sender.post
  const init: RequestInit = { method: options.method ?? 'GET', headers }
  if (options.signal) init.signal = options.signal
  if (options.body !== undefined) {
    headers['content-type'] = 'application/json'
    init.body = JSON.stringify(options.body)
  } else if (options.file) {
    headers['content-type'] = options.file.type
    init.body = options.file
  }
  let answer: Response
  try {
    answer = await fetch(address(path, options.query), init)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Refused(unreadable(0, error instanceof Error ? error.message : String(error)))
  }
  told(answer.headers.get('x-huying-time'))
  if (!answer.ok) throw await refusal(answer)
  return answer
}

/** What an answer holds, read to its end; a body that breaks off is no success either. */
async function read<T>(answer: Response, how: (answer: Response) => Promise<T>): Promise<T> {
  try {
    return await how(answer)
  } catch (error) {
    throw new Refused(unreadable(answer.status, error instanceof Error ? error.message : String(error)))
  }
}

/** Asks the server and reads its JSON. */
export async function ask<T>(path: string, options: Ask = {}): Promise<T> {
  return read(await answered(path, options), async (answer) => (await answer.json()) as T)
}

/** Asks the server for bytes. */
export async function blob(path: string, options: Ask = {}): Promise<Blob> {
  return read(await answered(path, options), (answer) => answer.blob())
}

/** Whatever was thrown, as a problem that a screen can show. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Refused) return error.problem
  return unreadable(0, error instanceof Error ? error.message : String(error))
}

/** Whether a request was given up on purpose: nothing to show then. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}
