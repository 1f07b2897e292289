// Civil time of the city, the session of a tab, problems in words, and a first paint without map and charts.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { flushPromises, mount, RouterLinkStub } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { byHour } from '@/figures/collect'
import type { Count, FigureRow } from '@/api/contract'
import { sender } from '@/api/http'
import { i18n, setLanguage } from '@/i18n'
import ProblemCard from './ProblemCard.vue'
import SignInPage from './SignInPage.vue'
import { choose, post, resume, session, signIn, signOut } from './session'
import { cityNow, heard, told } from './now'
import { signInFrom, wanted } from './ways'
import { civil, civilTime, instantAt, length, shortTime, startOfDay, useZone } from './time'

describe('civil time', () => {
  afterEach(() => useZone(undefined))
  it('turns what the clock of the city shows into the instant, and back', () => {
    useZone('Asia/Shanghai')
    expect(civilTime('2026-11-24T16:30:00Z')).toBe('2026-11-25T00:30')
    expect(instantAt('2026-11-25T00:30').toISOString()).toBe('2026-11-24T16:30:00.000Z')
    useZone('America/New_York')
    for (const shown of ['2026-03-07T23:00', '2026-03-08T00:30', '2026-03-08T05:00', '2026-11-01T06:00'])
      expect(civilTime(instantAt(shown)), shown).toBe(shown)
  })
  it('is that of the city, whatever the machine thinks', () => {
    useZone('Asia/Shanghai')
    setLanguage('zh-CN')
    expect(civil('2026-11-23T16:30:00Z')).toEqual({ day: '2026-11-24', hour: 0 })
    expect(startOfDay(new Date('2026-11-24T02:03:04Z')).toISOString()).toBe('2026-11-23T16:00:00.000Z')
    expect(shortTime('2026-11-24T02:03:04Z', new Date('2026-12-01T00:00:00Z'))).toBe('11-24 10:03')
    expect(shortTime('2025-11-24T02:03:04Z', new Date('2026-12-01T00:00:00Z'))).toBe('2025-11-24 10:03')
    setLanguage('en')
    expect(shortTime('2026-11-04T02:03:04Z', new Date('2026-12-01T00:00:00Z'))).toBe('4 Nov, 10:03')
    expect(shortTime('2025-11-24T02:03:04Z', new Date('2026-12-01T00:00:00Z'))).toBe('24 Nov 2025, 10:03')
    setLanguage('zh-CN')
    useZone('America/New_York')
    expect(startOfDay(new Date('2026-03-08T18:00:00Z')).toISOString()).toBe('2026-03-08T05:00:00.000Z')
    expect(startOfDay(new Date('2026-11-01T18:00:00Z')).toISOString()).toBe('2026-11-01T04:00:00.000Z')
  })
  it('goes by the server’s clock, however fast that runs', () => {
    const ahead = 3 * 86_400_000
    told(new Date(Date.now() + ahead).toISOString())
    expect(Math.abs(cityNow().getTime() - Date.now() - ahead)).toBeLessThan(2000)
    heard(new Date(Date.now() + 1000).toISOString())
    expect(cityNow().getTime() - Date.now()).toBeGreaterThan(ahead - 2000)
    heard(new Date(Date.now() + 2 * ahead).toISOString())
    expect(cityNow().getTime() - Date.now()).toBeGreaterThan(2 * ahead - 2000)
    told(null)
    told('no time')
    told(new Date().toISOString())
    expect(Math.abs(cityNow().getTime() - Date.now())).toBeLessThan(2000)
  })
  it('splits lengths', () => {
    expect(length(2 * 86400 + 3 * 3600 + 59)).toEqual({ days: 2, hours: 3, minutes: 0 })
    expect(length(-60)).toEqual({ days: 0, hours: 0, minutes: 1 })
  })
  it('reads hours of figures as numbers or instants', () => {
    useZone('Asia/Shanghai')
    const row = (key: string | null, received: Count) => ({ key, received }) as FigureRow
    const hours = byHour([row('09', 2), row('2026-11-24T01:00:00Z', 3), row(null, 5), row('99', 1)])
    expect(hours[9]).toBe(5)
    expect(hours.reduce<number>((a, b) => a + Number(b), 0)).toBe(5)
    // What is masked stays so, and hides what it is added to: it is never nought.
    const masked = byHour([row('07', '<5'), row('08', 7), row('08', '<5'), row('10', 'withheld')])
    expect(masked.slice(6, 11)).toEqual([0, '<5', 'withheld', 0, 'withheld'])
  })
})

describe('the session', () => {
  const me = {
    person: 'p',
    name: '某',
    posts: ['a', 'b'].map((id) => ({
      post: id,
      unit: { id: 'u', name: { zh: '', en: '' } },
      role: 'r',
      may: [],
    })),
  }
  beforeEach(() => {
    sessionStorage.clear()
    signOut()
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    signOut()
  })

  it('keeps the token in this tab only, and takes it up again', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(me))))
    await signIn('T')
    choose('b')
    expect(sessionStorage.getItem('huying.token')).toBe('T')
    expect(localStorage.getItem('huying.token')).toBeNull()
    Object.assign(session, { me: null, post: null })
    await resume()
    expect(post.value?.post).toBe('b')
    expect(sender).toMatchObject({ token: 'T', post: 'b' })
    signOut()
    expect(sessionStorage.length).toBe(0)
    expect(sender.token).toBeNull()
  })
  it('keeps nothing of a token that is nobody’s', async () => {
    vi.stubGlobal('fetch', () =>
      Promise.resolve(new Response('{"title":"x","status":401}', { status: 401 })),
    )
    await expect(signIn('bad')).rejects.toThrow()
    expect(sender.token).toBeNull()
    expect(sessionStorage.length).toBe(0)
  })
  it('takes a token out of the address', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(me))))
    history.replaceState(null, '', '/sign-in#token=abc123')
    expect(await resume()).toBe(true)
    expect(await resume()).toBe(false)
    expect(sender.token).toBe('abc123')
    expect(location.hash).toBe('')
  })
})

describe('the way through the sign-in', () => {
  it('leads to where somebody wanted to go, else to their inbox, and never out of the page', () => {
    expect(wanted('/cases/12?x=1')).toBe('/cases/12?x=1')
    for (const to of [
      undefined,
      ['/a'],
      '',
      '//evil.example',
      '/\\evil.example',
      'https://evil.example',
      '/sign-in',
    ])
      expect(wanted(to), String(to)).toBe('/inbox')
    expect(signInFrom('/webhooks')).toEqual({ path: '/sign-in', query: { to: '/webhooks' } })
    for (const open of ['/', '/?place=1', '/call', '/follow?number=1', '/sign-in'])
      expect(signInFrom(open).query, open).toEqual({})
  })

  const routes = ['/sign-in', '/inbox', '/duty'].map((path) => ({ path, component: { template: '<i />' } }))
  it.each([
    ['/sign-in', '/inbox'],
    ['/sign-in?to=/duty', '/duty'],
  ])('goes from %s to %s', async (from, to) => {
    const me = { person: 'p', name: '某', posts: [] }
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(me))))
    const router = createRouter({ history: createMemoryHistory(), routes })
    await router.push(from)
    const input = {
      emits: ['update:modelValue'],
      template: '<input @input="$emit(\'update:modelValue\', $event.target.value)" />',
    }
    const stubs = { ElInput: input, ElButton: { template: '<button><slot/></button>' } }
    const page = mount(SignInPage, { global: { plugins: [i18n, router], stubs } })
    await page.find('input').setValue('T')
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(router.currentRoute.value.fullPath).toBe(to)
    page.unmount()
    signOut()
    vi.unstubAllGlobals()
  })
})

describe('a problem', () => {
  const show = (problem: object) =>
    mount(ProblemCard, {
      props: { problem: { type: 't', title: '无权办理', status: 403, detail: 'd', ...problem } as never },
      global: {
        plugins: [i18n],
        stubs: { RouterLink: RouterLinkStub, ElButton: { template: '<button><slot/></button>' } },
      },
    })
  it('says the rule in Chinese before the detail, to whoever reads Chinese', () => {
    const words = '部门向网格派任务须先准入。'
    setLanguage('zh-CN')
    expect(show({ words }).text()).toMatch(/无权办理部门向网格派任务须先准入。d/)
    setLanguage('en')
    expect(show({ words }).text()).not.toContain(words)
  })
  it('shows rule, legal basis in the reader’s language, and what to do', () => {
    setLanguage('en')
    const card = show({
      rule: 'powers.role',
      basis: '无授权不得办理。',
      basis_en: 'No power, no act.',
      accepted: 'roles: closer',
    })
    for (const words of [
      '无权办理',
      'powers.role',
      'No power, no act.',
      'roles: closer',
      'Leave it to somebody',
    ])
      expect(card.text()).toContain(words)
    setLanguage('zh-CN')
    expect(show({ basis: '无授权不得办理。' }).text()).toContain('无授权不得办理。')
  })
  it('names every field with what is accepted', () => {
    const text = show({
      status: 422,
      fields: [{ field: 'title', problem: 'has 0 characters', accepted: '1 to 200' }],
    }).text()
    expect(text).toContain('title')
    expect(text).toContain('1 to 200')
  })
  it('offers to try again only where that can help', () => {
    expect(show({ status: 503 }).findAll('button')).toHaveLength(1)
    expect(show({ status: 403 }).findAll('button')).toHaveLength(0)
  })
})

it('paints first without the map and the charts', () => {
  const src = join(import.meta.dirname, '..')
  const seen = new Set<string>()
  const outside = new Set<string>()
  const visit = (path: string) => {
    if (seen.has(path)) return
    seen.add(path)
    for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(
      /^import (?!type\b)(?:[^'"]* from )?'([^']+)'/gm,
    )) {
      const base = name.startsWith('@/')
        ? join(src, name.slice(2))
        : name.startsWith('.')
          ? join(dirname(path), name)
          : null
      if (base === null) outside.add(name)
      else
        for (const end of ['', '.ts', '/index.ts'])
          if (/\.(ts|vue)$/.test(base + end) && existsSync(base + end)) visit(base + end)
    }
  }
  visit(join(src, 'main.ts'))
  expect([...seen].some((p) => p.endsWith('LivePage.vue'))).toBe(true)
  expect(outside.has('vue')).toBe(true)
  expect([...outside].filter((n) => /maplibre|echarts/.test(n))).toEqual([])
})
