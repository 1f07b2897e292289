// Requests carry what they must; refusals arrive as problems; nothing is thrown that a screen cannot show.
import { afterEach, expect, it, vi } from 'vitest'
import { address, asProblem, ask, isAbort, Refused, sender } from './http'

afterEach(() => {
  vi.unstubAllGlobals()
  Object.assign(sender, { token: null, post: null, language: 'zh-CN' })
})

function answers(response: unknown) {
  const fetched = vi.fn(() =>
    response instanceof Response ? Promise.resolve(response) : Promise.reject(response),
  )
  vi.stubGlobal('fetch', fetched)
  return fetched
}

it('leaves empty members out of the query', () => {
  expect(address('/x', { a: 1, b: null, c: '', d: undefined, e: false })).toBe('/x?a=1&e=false')
  expect(address('/x', { q: '老菜市后门' })).toBe('/x?q=%E8%80%81%E8%8F%9C%E5%B8%82%E5%90%8E%E9%97%A8')
  expect(address('/x')).toBe('/x')
})

it('comes as the caller with a query code, whoever is signed in', async () => {
  Object.assign(sender, { token: 'T', post: 'p1' })
  const fetched = answers(new Response('{}'))
  await ask('/x', { headers: { 'x-huying-query-code': 'C' } })
  const headers = { 'accept-language': 'zh-CN', 'x-huying-query-code': 'C' }
  expect(fetched).toHaveBeenCalledWith('/x', { method: 'GET', headers })
})

it('names language, token and post', async () => {
  Object.assign(sender, { token: 'T', post: 'p1', language: 'en' })
  const fetched = answers(new Response('{"a":1}'))
  await expect(
    ask('/x', { method: 'POST', body: { b: 2 }, headers: { 'idempotency-key': 'k' } }),
  ).resolves.toEqual({ a: 1 })
  expect(fetched).toHaveBeenCalledWith(
    '/x',
    expect.objectContaining({
      method: 'POST',
      body: '{"b":2}',
      headers: {
        'accept-language': 'en',
        authorization: 'Bearer T',
        'x-huying-post': 'p1',
        'content-type': 'application/json',
        'idempotency-key': 'k',
      },
    }),
  )
})

it('brings a problem as it was worded, and the wait', async () => {
  const problem = { type: 'urn:huying:problem:busy', title: '系统正忙', status: 503, detail: 'stopping' }
  answers(new Response(JSON.stringify(problem), { status: 503, headers: { 'retry-after': '7' } }))
  const error = await ask('/x').catch((e: unknown) => e)
  expect(error).toBeInstanceOf(Refused)
  expect((error as Refused).problem).toEqual(problem)
  expect((error as Refused).retryAfter).toBe(7)
})

it('makes a problem of whatever else comes back', async () => {
  answers(new Response('<html>bad gateway', { status: 502 }))
  expect(asProblem(await ask('/x').catch((e: unknown) => e))).toMatchObject({
    status: 502,
    type: 'urn:huying:page:unreadable',
  })
  answers(new Response('not json', { status: 200 }))
  expect(asProblem(await ask('/x').catch((e: unknown) => e)).type).toBe('urn:huying:page:unreadable')
  answers(new TypeError('Failed to fetch'))
  expect(asProblem(await ask('/x').catch((e: unknown) => e))).toMatchObject({
    status: 0,
    type: 'urn:huying:page:unreachable',
  })
})

it('lets a cancelled request be told apart', async () => {
  answers(new DOMException('gone', 'AbortError'))
  expect(isAbort(await ask('/x').catch((e: unknown) => e))).toBe(true)
})
