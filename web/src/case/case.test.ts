// Clocks in the right measure; commands and their fields as the API's description lists them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ClockView } from '@/api/contract'
import en from '@/i18n/en'
import { acceptedWords, bodyOf, COMMANDS, fieldsOf, missing, parseFields } from './fields'
import { leftOf } from './left'

const now = new Date('2026-11-24T02:00:00Z')
const clock = (more: Partial<ClockView>): ClockView => ({
  clock: 1,
  stage: 'promise',
  stage_words: { zh: '', en: '' },
  state: 'running',
  start: '2026-11-23T02:00:00Z',
  due: '2026-11-26T05:30:00Z',
  provisional: false,
  ...more,
})

it('counts a running clock to the instant it is due', () => {
  expect(leftOf(clock({}), now)).toMatchObject({
    kind: 'left',
    span: { days: 2, hours: 3, minutes: 30 },
    near: false,
  })
  expect(leftOf(clock({ near: '2026-11-24T02:00:00Z' }), now)).toMatchObject({ near: true })
  expect(leftOf(clock({ due: '2026-11-24T01:15:00Z' }), now)).toMatchObject({
    kind: 'over',
    span: { minutes: 45 },
  })
})

it('says what a paused clock has left in its own measure, however late the due time looks', () => {
  const paused = clock({
    state: 'paused',
    due: '2020-01-01T00:00:00Z',
    left_seconds: 5400,
    left_in: 'working',
  })
  expect(leftOf(paused, now)).toMatchObject({
    kind: 'paused',
    measure: 'working',
    span: { hours: 1, minutes: 30 },
  })
  expect(leftOf({ ...paused, left_in: 'elapsed' }, now)).toMatchObject({ measure: 'elapsed' })
})

it('says how an ended clock ended', () => {
  expect(leftOf(clock({ state: 'met', kept: true }), now).kind).toBe('met')
  expect(leftOf(clock({ state: 'met', kept: false }), now).kind).toBe('missed')
  expect(leftOf(clock({ state: 'stopped', missed: '2026-11-24T01:00:00Z' }), now).kind).toBe('missed')
  expect(leftOf(clock({ state: 'stopped' }), now).kind).toBe('stopped')
})

it('knows every command and field of docs/api.md, and no other', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/api.md'), 'utf8')
  const table = /\| command \| fields[^\n]*\n\|[-| ]+\n((?:\|[^\n]*\n)+)/.exec(text)?.[1] ?? ''
  const documented = new Map(
    [...table.matchAll(/^\| `(\w+)`[^|]*\| ([^|]*) \|$/gm)].map((m) => {
      const fields = [...(m[2] ?? '').matchAll(/`(\w+)`(\?)?/g)].map((f) => ({
        name: f[1] ?? '',
        optional: f[2] === '?',
      }))
      return [m[1] ?? '', fields] as const
    }),
  )
  expect(documented.size).toBeGreaterThan(30)
  expect(Object.keys(COMMANDS).sort()).toEqual([...documented.keys()].sort())
  for (const [name, fields] of documented) {
    expect(
      fieldsOf(name)?.map(({ name: n, optional }) => ({ name: n, optional })),
      name,
    ).toEqual(fields)
  }
})

it('names every command and field in words', () => {
  const words = en as unknown as Record<string, Record<string, string>>
  for (const name of Object.keys(COMMANDS)) {
    expect(words['command']?.[name], name).toBeTruthy()
    for (const field of fieldsOf(name) ?? []) expect(words['field']?.[field.name], field.name).toBeTruthy()
  }
})

it('leaves empty fields out and names the required ones that lack', () => {
  const fields = parseFields('thread, effort?, text')
  expect(bodyOf('finish', fields, { thread: 2, effort: {}, text: '', other: 1 })).toEqual({
    name: 'finish',
    thread: 2,
  })
  expect(missing(fields, { name: 'finish', thread: 2 })).toEqual(['text'])
  expect(bodyOf('check', parseFields('thread, passed'), { thread: 1, passed: false })).toEqual({
    name: 'check',
    thread: 1,
    passed: false,
  })
  expect(fieldsOf('of_the_future')).toBeNull()
})

it('takes choices out of a refusal only when they are words', () => {
  expect(acceptedWords('untrue, duplicate, out_of_scope')).toEqual(['untrue', 'duplicate', 'out_of_scope'])
  expect(acceptedWords('a text of 1 to 200 characters')).toEqual([])
})
