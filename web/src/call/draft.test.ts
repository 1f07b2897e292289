// What a resident fills in becomes a call, and nothing more than they meant to give.
import { expect, it } from 'vitest'
import { callOf, emptyDraft, lacking, titleOf } from './draft'

const full = () => ({
  ...emptyDraft(),
  body: '路灯坏了三天。晚上很黑！',
  request_type: 'help',
  name: '王',
  phone: '138',
  where: {
    point: { lon: 104.123456789, lat: 30.6, datum: 'gcj02' as const },
    place: null,
    address: ' 东大街 ',
  },
})

it('says what lacks', () => {
  expect(lacking(emptyDraft())).toEqual(['body', 'request_type', 'where'])
  expect(lacking(full())).toEqual([])
  expect(lacking({ ...full(), where: { point: null, place: null, address: '  ' } })).toEqual(['where'])
})

it('makes a title of the first sentence', () => {
  expect(titleOf(full())).toBe('路灯坏了三天')
  expect(titleOf({ ...full(), title: ' 灯 ' })).toBe('灯')
  expect([...titleOf({ ...full(), body: '𠮷'.repeat(300) })]).toHaveLength(41)
})

it('sends the point in its datum, to the centimetre, and the words of the address', () => {
  expect(callOf(full(), 'web')).toEqual({
    title: '路灯坏了三天',
    body: '路灯坏了三天。晚上很黑！',
    request_type: 'help',
    channel: 'web',
    urgency: 'general',
    identity: 'named',
    lon: 104.1234568,
    lat: 30.6,
    datum: 'gcj02',
    address: '东大街',
    contact: { name: '王', phone: '138' },
  })
})

it('sends no contact of an anonymous caller, even when one was typed', () => {
  expect(callOf({ ...full(), identity: 'anonymous' }, 'web')).not.toHaveProperty('contact')
  expect(callOf({ ...full(), name: ' ', phone: '' }, 'web')).not.toHaveProperty('contact')
})

it('names the unit that a complaint or a report is about, and of no other call', () => {
  const about = { ...full(), about: 'u510104-water' }
  for (const request_type of ['complaint', 'report'])
    expect(callOf({ ...about, request_type }, 'web').about).toBe('u510104-water')
  expect(callOf(about, 'web')).not.toHaveProperty('about')
})

it('sends a place that was chosen when there is no point', () => {
  const call = callOf({ ...full(), where: { point: null, place: '510104', address: '' } }, 'web')
  expect(call).toMatchObject({ place: '510104' })
  expect(call).not.toHaveProperty('lon')
})
