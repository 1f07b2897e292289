// Pictures of every page in every size and language, to be looked at by people: `npm run look`.
// HUYING_URL names a running server, else the mock is started. HUYING_TOKEN signs in for the pages of a desk,
// HUYING_WORKER for those of somebody who makes visits.
// HUYING_SHOTS is the folder (out/look), HUYING_LOOK picks by words in the names: `call`, `phone-en`, `desk-zh-live`.
import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page, Route } from 'playwright-core'
import { serve } from '../mock/server'
import { findChromium, open } from './browser'

const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1440, height: 900 } }
const LANGUAGES = { zh: 'zh-CN', en: 'en' }
const FOLDER = process.env['HUYING_SHOTS'] ?? join(import.meta.dirname, '../../out/look')
const WANTED = (process.env['HUYING_LOOK'] ?? '').split(',').filter((w) => w !== '')
const TOKEN = process.env['HUYING_TOKEN'] ?? ''
const WORKER = process.env['HUYING_WORKER'] ?? ''
const SLOW_MS = 90_000

interface View {
  name: string
  path: string
  /** What must be there before the picture. */
  until?: string
  /** What is done before it. */
  first?: (page: Page) => Promise<void>
  /** How requests fare; as they are without. */
  route?: (route: Route) => Promise<void>
  /** Who looks; nobody signed in without. */
  token?: string
  /** The post they act from; the first without. */
  post?: string
  whole?: boolean
  webgl?: boolean
}

const gone = (route: Route) => route.abort('connectionrefused')
const busy = (route: Route) =>
  route.fulfill({
    status: 503,
    contentType: 'application/problem+json',
    body: JSON.stringify({ type: 'urn:x', title: '系统正忙', status: 503, detail: 'the ledger is busy' }),
  })
/** What a desk is told of where there is nothing. */
const empty = (route: Route) =>
  route.fulfill({ json: { notices: [], seats: [], gaps: [], at: new Date().toISOString() } })
const noTasks = (route: Route) => route.fulfill({ json: { tasks: [], askers: [], requests: [] } })
/** A form of the page of admissions, as a post that may send it has it before it. */
const tasksForm = (act: string, post: string): View => ({
  name: `desk-tasks-${act}`,
  path: '/tasks',
  until: `[data-test=${act}]`,
  post,
  first: async (page) => {
    await page.locator(`[data-test=${act}]`).first().click()
    await page.locator('.page form').waitFor({ timeout: SLOW_MS })
    await page.waitForTimeout(1200)
  },
  whole: true,
})
/** The form of a reassignment, filled in as far as the question before it. */
const handing = async (page: Page) => {
  for (const [side, at] of [
    ['from', 0],
    ['to', 1],
  ] as const) {
    await page.locator(`.el-select:has(#${side}-unit)`).click({ timeout: SLOW_MS })
    await page.locator('.el-select-dropdown__item >> visible=true').nth(at).click()
    await page.waitForTimeout(400)
  }
  await page.locator('[data-test=before]').waitFor({ timeout: SLOW_MS })
  await press(page, 'form [type=submit]')
}
/** Nothing is moved by looking: whatever the server is, it answers as if. */
const handed = (more: boolean) => {
  const refusal = (rule: string, why: string, accepted: string, basis: string | null, words: string) => ({
    refusal: { rule, why, basis, accepted, allowed: [] },
    words,
  })
  const apart = refusal(
    'powers.apart',
    'thread 3 (Check) must not be with u510104-water',
    'another unit',
    '处置与核查分离，同一单位不得自办自核。',
    '同一人或同一单位不能既办又审：请由另一人办理。',
  )
  const self = refusal(
    'whistle.self',
    'u510104-water would answer the summons 5 and judge it',
    'a unit on neither side of the whistle',
    null,
    '不能召集自己，也不能裁判自己一方。',
  )
  const number = (n: number) => `2026112851010400${String(n).padStart(4, '0')}`
  const moved = Array.from({ length: more ? 120 : 17 }, (_, n) => number(n))
  const refused = [0, 1, 2, 3].map((n) => ({ number: number(500 + n), ...(n < 3 ? apart : self) }))
  return (route: Route) => {
    const after = (route.request().postDataJSON() as { after?: number }).after
    if (after !== undefined) return busy(route)
    return route.fulfill({ json: { moved, refused, next: more ? 9 : null } })
  }
}
const reassigned = (
  name: string,
  what: (route: Route) => Promise<void>,
  until: string,
  post: string,
): View => ({
  name,
  path: '/reassign',
  until: '#to-unit',
  post,
  first: async (page) => {
    await page.route('**/api/v1/reassignments', what)
    await handing(page)
    await press(page, 'form [type=submit]')
    await page.locator(until).first().waitFor({ timeout: SLOW_MS })
  },
  whole: true,
})
const handings = (post: string): View[] => [
  { name: 'desk-reassign', path: '/reassign', until: '#to-unit', post, whole: true },
  { name: 'desk-reassign-ask', path: '/reassign', until: '#to-unit', post, first: handing, whole: true },
  reassigned('desk-reassign-done', handed(false), '[data-test=again]', post),
  reassigned('desk-reassign-broke', handed(true), 'form .problem', post),
  reassigned(
    'desk-reassign-none',
    (route) => route.fulfill({ json: { moved: [], refused: [], next: null } }),
    '[data-test=again]',
    post,
  ),
  { name: 'desk-reassign-inbox', path: '/inbox', until: 'ul.card, .none', post },
]
/** Subscriptions, as a post that administers has them; nothing is made or removed by looking. */
const subscriptions = (post: string): View[] => {
  const at = { path: '/webhooks', post, until: '[data-test=make]' }
  const fill = async (page: Page) => {
    await press(page, '[data-test=make]')
    await page.locator('#hook-name').fill('sms-gateway')
    await page.locator('#hook-url').fill('http://127.0.0.1:8080/huying')
  }
  const made = { name: 'sms-gateway', secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }
  const answered = (page: Page, how: (route: Route) => Promise<void>) =>
    page.route('**/api/v1/webhooks', (route) =>
      route.request().method() === 'POST' ? how(route) : route.continue(),
    )
  return [
    { ...at, name: 'desk-hooks', until: '.hook, .none', whole: true },
    {
      ...at,
      name: 'desk-hooks-none',
      route: only('/api/v1/webhooks', (route) => route.fulfill({ json: { webhooks: [] } })),
    },
    { ...at, name: 'desk-hooks-gone', until: '.problem', route: only('/api/v1/webhooks', gone) },
    { ...at, name: 'desk-hooks-make', first: fill, whole: true },
    {
      ...at,
      name: 'desk-hooks-tls',
      first: async (page) => {
        await fill(page)
        await page.locator('#hook-url').fill('https://sms.example.cn/in')
        await page.locator('#hook-name').focus()
      },
    },
    {
      ...at,
      name: 'desk-hooks-refused',
      first: async (page) => {
        await fill(page)
        await answered(page, refused)
        await press(page, 'form [type=submit]')
        await page.locator('form .problem').waitFor({ timeout: SLOW_MS })
      },
      whole: true,
    },
    {
      ...at,
      name: 'desk-hooks-secret',
      first: async (page) => {
        await fill(page)
        await answered(page, (route) => route.fulfill({ status: 201, json: made }))
        await press(page, 'form [type=submit]')
        await page.locator('[data-test=secret]').waitFor({ timeout: SLOW_MS })
      },
    },
    {
      ...at,
      name: 'desk-hooks-remove',
      until: '[data-test=remove]',
      first: (page) => press(page, '[data-test=remove]'),
    },
  ]
}
/** The forms of duty and modes, as a post that gives such orders has them before it. */
const dutyForms = (post: string): View[] => [
  ...['handOver', 'swap', 'set', 'end'].map((act) => ({
    name: `desk-duty-act-${act}`,
    path: '/duty',
    post,
    until: '.seats .row',
    first: (page: Page) => press(page, `[data-test=act-${act}]`),
    whole: true,
  })),
  {
    name: 'desk-duty-given',
    path: '/duty',
    post,
    until: '.seats .row',
    first: async (page: Page) => {
      await page.route('**/api/v1/standing', (route) => route.fulfill({ json: { no: 9, repeated: false } }))
      await press(page, '[data-test=act-end]')
      await press(page, '.panel [type=submit]')
      await press(page, '.panel [type=submit]')
      await page.locator('.told').waitFor({ timeout: SLOW_MS })
    },
  },
  {
    name: 'desk-mode',
    path: '/duty',
    post,
    until: '[data-test=declare]',
    first: async (page) => {
      await declare(page)
      await press(page, '.declare [type=submit]')
    },
    whole: true,
  },
  {
    name: 'desk-mode-refused',
    path: '/duty',
    post,
    until: '[data-test=declare]',
    first: async (page) => {
      await declare(page)
      // Nothing is declared by looking: whatever the server is, the answer is a refusal.
      await page.route('**/api/v1/standing', refused)
      await press(page, '.declare [type=submit]')
      await press(page, '.declare [type=submit]')
      await page.locator('.declare .problem').waitFor({ timeout: SLOW_MS })
    },
    whole: true,
  },
  {
    name: 'desk-mode-end',
    path: '/duty',
    post,
    until: '.modes [data-test=end]',
    first: (page) => press(page, '.modes [data-test=end]'),
    whole: true,
  },
]
/** A city that was loaded without borders. */
const shapeless = async (route: Route) => {
  const answer = await route.fetch()
  await route.fulfill({ response: answer, json: { ...(await answer.json()), bbox: null, datum: null } })
}

const map = '.map canvas'
const calm = async (page: Page) => {
  await page.locator('[data-test=wait]').waitFor({ state: 'detached', timeout: SLOW_MS })
  await page.waitForTimeout(2500)
}
const middle = async (page: Page, within: string) => {
  const box = await page.locator(within).boundingBox()
  if (box) await page.mouse.click(box.x + box.width / 2, box.y + box.height * 0.45)
}

const moreFigures = async (page: Page) => {
  const tab = page.locator('[role=tab]').nth(1)
  if (await tab.isVisible()) await tab.click()
  await page.locator('.figures .more').click({ timeout: SLOW_MS })
  await page.locator('.figures svg').first().waitFor({ timeout: SLOW_MS })
  await page.waitForTimeout(800)
}

/** A case with others near it and with files, for whoever may add some. */
const besides = (number: string) => async (route: Route) => {
  const url = new URL(route.request().url())
  if (!url.pathname.startsWith('/api/')) return route.continue()
  const api = url.pathname.replace('/api/v1', '')
  const ask = async () => (await (await route.fetch()).json()) as Record<string, unknown>
  if (api === '/me') {
    const me = (await ask()) as { posts: { may: string[] }[] }
    me.posts.forEach((p) => p.may.push('attach'))
    return route.fulfill({ json: me })
  }
  if (api === `/cases/${number}/duplicates`) {
    const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()
    const near = (n: number, state: string) => ({
      number: `2026112851010400${4000 + n}`,
      metres: 40 * n,
      exact: n === 1,
      reported: ago(n),
      case: { state },
    })
    const rule = { metres: 200, hours: 24 }
    return route.fulfill({ json: { cases: [near(1, 'open'), near(2, 'reported'), near(3, 'open')], rule } })
  }
  if (api !== `/cases/${number}`) return route.continue()
  const view = (await ask()) as { timeline: { events: object[] }[]; allowed: string[] }
  const file = (name: string, label: string | null, state = 'kept') => ({
    file: name,
    label,
    state,
    added: new Date().toISOString(),
  })
  const files = [file('a', 'before'), file('b', 'close_up'), file('c', null), file('d', 'after', 'erased')]
  Object.assign(view.timeline.at(-1)?.events[0] ?? {}, { files })
  view.allowed.push('merge')
  return route.fulfill({ json: view })
}
const MADE = {
  number: '20261128510104000123',
  id: 1,
  state: 'reported',
  state_words: { zh: '已登记', en: 'registered' },
  due_provisional: false,
  query_code: 'K7M2QW9XPA',
  position: 1,
}
/** Pictures for a call, drawn here, and so many files beside them that cannot be added. */
const pick = async (page: Page, unfit: number) => {
  const drawn = await page.evaluate(() =>
    ['#7a8f6a', '#b0793f', '#476a8a'].map((colour) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 })
      const on = canvas.getContext('2d')
      if (on) {
        on.fillStyle = colour
        on.fillRect(0, 0, 320, 240)
        on.fillStyle = '#fff8'
        on.fillRect(40, 120, 240, 90)
      }
      return canvas.toDataURL('image/png').split(',')[1] ?? ''
    }),
  )
  const files = drawn.map((data, i) => ({
    name: `IMG_20261128_0${i}.png`,
    mimeType: 'image/png',
    buffer: Buffer.from(data, 'base64'),
  }))
  const others = Array.from({ length: unfit }, (_, i) => ({
    name: ['会议纪要.docx', '录像.mp4', 'IMG_4021.HEIC'][i] ?? 'x',
    mimeType: ['application/msword', 'video/mp4', 'image/heic'][i] ?? '',
    buffer: Buffer.from('x'),
  }))
  await page.locator('#call-pictures').setInputFiles([...files, ...others])
}
const press = (page: Page, what: string) => page.locator(what).first().click({ timeout: SLOW_MS })
const refused = (route: Route) =>
  route.fulfill({
    status: 409,
    contentType: 'application/problem+json',
    body: JSON.stringify({
      type: 'urn:x',
      title: '与当前状态不符',
      status: 409,
      detail: 'a closer does not declare `epidemic` for a district',
      rule: 'mode.authority',
      accepted: 'city: supervisor; district: supervisor; street: supervisor',
      basis: '平急转换由有权机关对一定区域、一定时段宣布，转换留痕。',
    }),
  })
/** The form of a declaration, filled in as far as the button that gives it. */
const declare = async (page: Page) => {
  await press(page, '[data-test=declare]')
  await press(page, '.declare .el-radio-button >> nth=1')
  await press(page, '.declare .picks .el-select')
  await press(page, '.el-select-dropdown__item >> visible=true')
  await page
    .locator('.declare textarea')
    .fill('区疫情防控指挥部第 3 号令：发现聚集性疫情，即日起加密走访。')
  const to = page.locator('.declare .el-date-editor input').last()
  await to.fill('2099-01-01 08:00')
  await to.press('Enter')
  await page.waitForTimeout(600)
}

async function views(base: string): Promise<View[]> {
  const { some, rich } = await cases(base)
  const all: View[] = [
    { name: 'live', path: '/', until: map, first: calm },
    {
      name: 'live-inner',
      path: '/?place=510104',
      until: map,
      first: calm,
    },
    {
      name: 'live-figures',
      path: '/',
      until: '.state.live',
      first: moreFigures,
    },
    { name: 'live-list', path: '/?map=off', until: '.kids li' },
    { name: 'live-no-webgl', path: '/', until: '.kids li', webgl: false },
    { name: 'live-shapeless', path: '/', until: '.kids li', route: only('/api/v1/city', shapeless) },
    { name: 'live-gone', path: '/', until: '.problem', route: only('/api/', gone) },
    { name: 'live-busy', path: '/', until: '.problem', route: only('/api/', busy) },
    {
      name: 'live-slow',
      path: '/',
      until: '[data-test=wait]',
      route: only(
        '/tiles/',
        (route) => new Promise((done) => setTimeout(() => done(route.abort()), 60_000)),
      ),
      first: (page) => page.waitForTimeout(9000),
    },
    { name: 'call', path: '/call', until: '.map.pin canvas', first: calm, whole: true },
    {
      name: 'call-pin',
      path: '/call',
      until: '.map.pin canvas',
      first: async (page) => {
        await page.locator('.map.pin').scrollIntoViewIfNeeded()
        await calm(page)
        await middle(page, '.map.pin canvas')
        await page.locator('[data-test=found] b').waitFor({ timeout: SLOW_MS })
        await page.waitForTimeout(1500)
      },
    },
    {
      name: 'call-address',
      path: '/call',
      until: '.where input',
      first: async (page) => {
        await page.locator('.where input').first().fill('春熙路')
        await page.locator('.el-autocomplete-suggestion li').first().waitFor({ timeout: SLOW_MS })
        await page.waitForTimeout(600)
      },
    },
    {
      name: 'call-shapeless',
      path: '/call',
      until: '[data-test=pick]',
      route: only('/api/v1/city', shapeless),
      first: (page) => page.locator('[data-test=pick]').scrollIntoViewIfNeeded(),
    },
    {
      name: 'call-lacks',
      path: '/call',
      until: '.pills input',
      first: (page) => page.locator('[data-test=send]').click(),
    },
    {
      name: 'call-more',
      path: '/call',
      until: '.pills input',
      first: async (page) => {
        await page.locator('.pills label').nth(3).click()
        await page.locator('[data-test=pick] .el-select').nth(1).click({ timeout: SLOW_MS })
        await page.locator('.el-select-dropdown__item >> visible=true').first().click()
        await pick(page, 3)
        await page.locator('#call-body').scrollIntoViewIfNeeded()
      },
    },
    ...['call-sent', 'call-part'].map((name) => ({
      name,
      path: '/call',
      until: '.pills input',
      first: async (page: Page) => {
        await page.locator('.pills label').nth(1).click()
        await page.locator('#call-body').fill('小区门口的路灯坏了三天。')
        await page.locator('.where input').first().fill('东大街 1 号')
        await page.keyboard.press('Tab')
        await pick(page, 0)
        await page.route('**/api/v1/cases', (route) =>
          route.fulfill({ status: 201, json: { ...MADE, due: new Date().toISOString() } }),
        )
        let n = 0
        await page.route('**/files', (route) =>
          name === 'call-part' && n++ === 1 ? busy(route) : route.fulfill({ status: 201, json: {} }),
        )
        await press(page, '[data-test=send]')
        await page
          .locator('[data-test=pictures] .done, [data-test=pictures-again]')
          .waitFor({ timeout: SLOW_MS })
      },
      whole: true,
    })),
    { name: 'follow', path: '/follow', until: '#follow-number' },
    {
      name: 'follow-wrong',
      path: '/follow',
      until: '#follow-number',
      first: async (page) => {
        await page.locator('#follow-number').fill('1234567890')
        await page.locator('#follow-code').fill('WRONG99999')
        await page.locator('form button[type=submit]').first().click()
        await page.locator('.problem').waitFor({ timeout: SLOW_MS })
      },
    },
    {
      name: 'follow-own',
      path: '/follow',
      until: '#follow-number',
      first: async (page) => {
        const own = await callOf(base)
        await page.locator('#follow-number').fill(own.number)
        await page.locator('#follow-code').fill(own.code)
        await page.locator('form button[type=submit]').first().click()
        await page.locator('[data-test=own]').waitFor({ timeout: SLOW_MS })
      },
    },
    { name: 'cases-shut', path: '/cases', until: '.problem' },
    { name: 'sign-in', path: '/sign-in', until: '#token' },
    { name: 'lost', path: '/nowhere', until: 'h1' },
  ]
  if (some)
    all.push({ name: 'case-public', path: `/cases/${some}`, until: '[data-test=number]', whole: true })
  if (TOKEN === '') return all
  const asks = await postWith(base, 'ask_task')
  const reviews = await postWith(base, 'review_task')
  const seats = await postWith(base, 'duty')
  const hands = await postWith(base, 'reassign')
  const runs = await postWith(base, 'administer')
  const desk: View[] = [
    { name: 'desk-cases', path: '/cases', until: '.row' },
    { name: 'desk-inbox', path: '/inbox', until: 'ul.card, .none' },
    { name: 'desk-notices', path: '/notices', until: 'ul.card, .none' },
    {
      name: 'desk-notices-gone',
      path: '/notices',
      until: '.problem',
      route: only('/api/v1/notices', gone),
    },
    { name: 'desk-notices-none', path: '/notices', until: '.none', route: only('/api/v1/notices', empty) },
    { name: 'desk-duty-none', path: '/duty', until: '.none', route: only('/api/v1/duty', empty) },
    { name: 'desk-duty-gone', path: '/duty', until: '.problem', route: only('/api/v1/duty', gone) },
    { name: 'desk-duty', path: '/duty', until: 'ul.card, .none' },
    {
      name: 'desk-duty-all',
      path: '/duty',
      until: 'ul.card, .none',
      first: async (page) => {
        const all = page.waitForResponse((answer) => answer.url().includes('/duty?place='))
        await page.locator('.el-radio-button').nth(1).click()
        await all
        await page.locator('.seats .row').first().waitFor({ timeout: SLOW_MS })
      },
    },
    { name: 'desk-tasks', path: '/tasks', until: '.item, .none', whole: true },
    { name: 'desk-tasks-none', path: '/tasks', until: '.none', route: only('/api/v1/tasks', noTasks) },
    { name: 'desk-tasks-gone', path: '/tasks', until: '.problem', route: only('/api/v1/tasks', gone) },
    ...(asks ? [tasksForm('ask', asks), tasksForm('assign', asks), tasksForm('end', asks)] : []),
    ...(reviews ? [tasksForm('review', reviews)] : []),
    ...(seats ? dutyForms(seats) : []),
    ...(hands ? handings(hands) : []),
    ...(runs ? subscriptions(runs) : []),
    { name: 'desk-hooks-not', path: '/webhooks', until: '.problem, .hook' },
    { name: 'desk-reassign-not', path: '/reassign', until: '.none, form' },
    { name: 'desk-me', path: '/sign-in', until: '.posts' },
    { name: 'desk-load', path: '/visits', until: 'li.row, p.card' },
    {
      name: 'desk-figures',
      path: '/',
      until: '.state.live',
      first: async (page) => {
        await moreFigures(page)
        await page.locator('.figures .counts').scrollIntoViewIfNeeded()
        await page.waitForTimeout(1500)
      },
    },
  ]
  if (rich[0]) {
    const path = `/cases/${rich[0]}`
    const first = async (page: Page) => {
      const purpose = page.locator('#purpose')
      if (await purpose.isVisible()) {
        await purpose.fill('核对现场照片')
        await press(page, '.ask [type=submit]')
      }
      await page.locator('[data-test=files]').scrollIntoViewIfNeeded()
      await page.waitForTimeout(600)
    }
    desk.push(
      { name: 'desk-near', path, until: '[data-test=near]', route: besides(rich[0]), whole: true },
      { name: 'desk-files', path, until: '[data-test=files]', route: besides(rich[0]), first, whole: true },
    )
  }
  for (const number of rich)
    desk.push({ name: `desk-case-${number}`, path: `/cases/${number}`, until: '.line', whole: true })
  if (rich[0])
    desk.push({
      name: 'desk-command',
      path: `/cases/${rich[0]}`,
      until: '.names button',
      first: (page) => page.locator('.names button').first().click(),
      whole: true,
    })
  const worker: View[] = [
    { name: 'worker-visits', path: '/visits', until: '.visit' },
    {
      name: 'worker-found',
      path: '/visits',
      until: '.visit',
      first: (page) => page.locator('.visit .taps button').nth(2).click(),
    },
    { name: 'worker-gone', path: '/visits', until: '.problem', route: only('/api/v1/routines', gone) },
  ]
  const as = (token: string, views: View[]) => views.map((view) => ({ ...view, token }))
  return [...all, ...as(TOKEN, desk), ...(WORKER === '' ? [] : as(WORKER, worker))]
}

function only(part: string, then: (route: Route) => Promise<void>) {
  return (route: Route) => (route.request().url().includes(part) ? then(route) : route.continue())
}

async function get(address: string, token = ''): Promise<Record<string, unknown>> {
  const headers: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` }
  return (await (await fetch(address, { headers })).json()) as Record<string, unknown>
}

/** A case of the last minutes, and for a desk those with the most to see. */
async function cases(base: string): Promise<{ some: string; rich: string[] }> {
  const named = process.env['HUYING_CASES']?.split(',') ?? []
  if (TOKEN === '') return { some: named[0] ?? '', rich: [] }
  const found = await get(`${base}/api/v1/cases?open=true&limit=60`, TOKEN)
  const numbers = ((found['cases'] as { number: string }[] | undefined) ?? []).map((c) => c.number)
  const weighed: [string, number][] = []
  for (const number of numbers) {
    const view = await get(`${base}/api/v1/cases/${number}`, TOKEN)
    const weight = (key: string) => ((view[key] as unknown[] | undefined) ?? []).length
    weighed.push([number, weight('threads') + weight('timeline') + 3 * weight('allowed')])
  }
  weighed.sort((a, b) => b[1] - a[1])
  const best = weighed.slice(0, 1).map(([number]) => number)
  return { some: named[0] ?? numbers[0] ?? '', rich: [...named, ...best] }
}

/** A post of whoever looks that has a power. */
async function postWith(base: string, power: string): Promise<string | undefined> {
  const me = await get(`${base}/api/v1/me`, TOKEN)
  const posts = (me['posts'] as { post: string; may: string[] }[] | undefined) ?? []
  return posts.find((p) => p.may.includes(power))?.post
}

async function callOf(base: string): Promise<{ number: string; code: string }> {
  const book = await get(`${base}/api/v1/matters`)
  const types = book['request_types'] as { code: string }[]
  const channels = book['channels'] as { code: string }[]
  const answer = await fetch(`${base}/api/v1/cases`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify({
      title: '路灯不亮',
      body: '小区门口的路灯坏了三天。',
      request_type: types[0]?.code,
      channel: channels.find((c) => c.code === 'web')?.code ?? channels[0]?.code,
      place: '510104',
    }),
  })
  const made = (await answer.json()) as { number: string; query_code: string }
  return { number: made.number, code: made.query_code }
}

async function shoot(
  browser: Browser,
  base: string,
  view: View,
  size: string,
  lang: string,
): Promise<void> {
  const name = `${size}-${lang}-${view.name}`
  if (WANTED.length > 0 && !WANTED.some((word) => name.includes(word))) return
  const context = await browser.newContext({
    viewport: SIZES[size as keyof typeof SIZES],
    locale: LANGUAGES[lang as keyof typeof LANGUAGES],
    hasTouch: size === 'phone',
  })
  const page = await context.newPage()
  if (view.token)
    await page.addInitScript((token) => sessionStorage.setItem('huying.token', token), view.token)
  if (view.post) await page.addInitScript((post) => sessionStorage.setItem('huying.post', post), view.post)
  if (view.webgl === false)
    await page.addInitScript(() => {
      HTMLCanvasElement.prototype.getContext = (() => null) as never
    })
  if (view.route) await page.route('**/*', view.route)
  const join_ = view.path.includes('?') ? '&' : '?'
  let said = 'taken'
  try {
    await page.goto(`${base}${view.path}${join_}lang=${lang}`)
    if (view.until) await page.locator(view.until).first().waitFor({ timeout: SLOW_MS })
    await view.first?.(page)
    await page.waitForTimeout(400)
  } catch (error) {
    said = `as far as it came: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`
  }
  await page.screenshot({ path: join(FOLDER, `${name}.png`), fullPage: view.whole ?? false })
  console.log(`${name}: ${said}`)
  await context.close()
}

async function main(): Promise<void> {
  const path = findChromium()
  if (path === null)
    throw new Error('no Chromium: apt install chromium fonts-noto-cjk, or HUYING_CHROMIUM=…')
  const mock = process.env['HUYING_URL'] ? null : serve(0)
  if (mock) await new Promise((ready) => mock.server.once('listening', ready))
  const port = (mock?.server.address() as AddressInfo | undefined)?.port
  const base = (process.env['HUYING_URL'] ?? `http://127.0.0.1:${port}`).replace(/\/$/, '')
  mkdirSync(FOLDER, { recursive: true })
  console.log(`${base} → ${FOLDER}`)
  const browser = await open(path)
  try {
    for (const view of await views(base))
      for (const size of Object.keys(SIZES))
        for (const lang of Object.keys(LANGUAGES)) await shoot(browser, base, view, size, lang)
  } finally {
    await browser.close()
    mock?.server.closeAllConnections()
    mock?.server.close()
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
