// The browser test: open the city, see a call arrive, open it, take a call by a pin, find it again. Once on a desk
// in Chinese, once on a phone in English; no page may be wider than its screen, nothing may fail on the way.
// HUYING_URL names a running server; without it the mock is started. HUYING_TOKEN adds the pages of a desk.
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { serve } from '../mock/server'
import { findChromium, open } from './browser'

/** As long as a machine of two cores may take while it draws a map without a graphics card. */
const SLOW_MS = 120_000
const SHOTS = process.env['HUYING_SHOTS']
const TOKEN = process.env['HUYING_TOKEN'] ?? ''
const problems: string[] = []

function check(holds: boolean, what: string): void {
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${what}`)
  if (!holds) throw new Error(what)
}

/** A call made from outside the page, so that one arrives even in a city that is quiet. */
async function callFromOutside(base: string): Promise<string> {
  const matters = (await (await fetch(`${base}/api/v1/matters`)).json()) as {
    request_types: { code: string }[]
    channels: { code: string }[]
  }
  const city = (await (await fetch(`${base}/api/v1/city`)).json()) as {
    bbox: [number, number, number, number]
    datum: string
  }
  const answer = await fetch(`${base}/api/v1/cases`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify({
      title: '路口红绿灯不亮',
      body: '早上七点起路口红绿灯不亮，车多人多。',
      request_type: matters.request_types[0]?.code,
      channel: matters.channels.find((c) => c.code === 'web')?.code ?? matters.channels[0]?.code,
      ...middle(city),
    }),
  })
  const made = (await answer.json()) as { number?: string }
  check(
    answer.status === 201 && made.number !== undefined,
    `a call from outside is taken (${answer.status})`,
  )
  return made.number ?? ''
}

function middle(city: { bbox: [number, number, number, number]; datum: string }) {
  const [w, s, e, n] = city.bbox
  return { lon: (w + e) / 2, lat: (s + n) / 2, datum: city.datum.toLowerCase().replace(/[^a-z0-9]/g, '') }
}

/** Nothing lies beyond the right edge of the screen. */
async function fits(page: Page, what: string): Promise<void> {
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  check(beyond <= 0, `${what} fits the screen${beyond > 0 ? `, but for ${beyond} px` : ''}`)
}

/** A map is there once its own veil is gone. */
async function mapDrawn(page: Page, map: string): Promise<void> {
  await page.locator(`${map} canvas`).waitFor({ timeout: SLOW_MS })
  await page.locator('[data-test=wait]').waitFor({ state: 'detached', timeout: SLOW_MS })
}

async function openCity(page: Page, base: string, lang: string): Promise<void> {
  await page.goto(`${base}/?lang=${lang}`)
  await page.locator('[data-test=synthetic]').waitFor({ timeout: SLOW_MS })
  check(true, 'what is made up is said')
  await mapDrawn(page, '.map')
  check(true, 'the map is drawn')
  await fits(page, 'the city')
}

async function seeCallArrive(page: Page, base: string): Promise<string> {
  await page.locator('.state.live').waitFor({ timeout: SLOW_MS })
  check(true, 'the stream is live')
  const number = await callFromOutside(base)
  const row = page.locator(`[data-test=news] a[href="/cases/${number}"]`).first()
  // Focus holds the list still, so that what comes after it does not push the row out.
  await row.evaluate((link) => (link as HTMLElement).focus(), undefined, { timeout: SLOW_MS })
  check(true, 'the new call arrives in the feed')
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/e2e-live.png` })
  return number
}

async function openIt(page: Page, number: string): Promise<void> {
  // Without an account the rest of a case is not public: the page says so.
  expected.push({ status: 401, part: `/cases/${number}` })
  // A keyboard's way: focus holds the list still, so that the row does not move away under the click.
  const row = page.locator(`[data-test=news] a[href="/cases/${number}"]`).first()
  await row.focus({ timeout: SLOW_MS })
  await row.press('Enter')
  await page.locator('[data-test=number]', { hasText: number }).waitFor({ timeout: SLOW_MS })
  check(page.url().endsWith(`/cases/${number}`), 'the case opens from the feed')
}

async function callByPin(page: Page): Promise<{ number: string; code: string }> {
  await page.locator('nav a[href="/call"]').click()
  await page.locator('.pills input[name=type]').nth(1).check({ force: true, timeout: SLOW_MS })
  await page.locator('textarea').first().fill('小区门口的路灯坏了三天，晚上很黑，老人出门不方便。')
  await mapDrawn(page, '.map.pin')
  const map = page.locator('.map.pin canvas')
  await map.scrollIntoViewIfNeeded()
  const box = await map.boundingBox()
  if (box === null) throw new Error('the map has no size')
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
  await page.locator('.map.pin .maplibregl-marker').waitFor({ timeout: SLOW_MS })
  check(true, 'a tap puts the pin')
  const found = page.locator('[data-test=found] b')
  await found.waitFor({ timeout: SLOW_MS })
  check(((await found.textContent()) ?? '') !== '', `the place is named: ${await found.textContent()}`)
  await fits(page, 'the call')
  await page.locator('[data-test=send]').click()
  await page.locator('[data-test=made]').waitFor({ timeout: SLOW_MS })
  const number = ((await page.locator('[data-test=made-number]').textContent()) ?? '').trim()
  const code = ((await page.locator('[data-test=made-code]').textContent()) ?? '').trim()
  check(number !== '' && code !== '', `the call has a number and a code: ${number}`)
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/e2e-made.png` })
  return { number, code }
}

async function findAgain(page: Page, base: string, number: string, code: string): Promise<void> {
  await page.goto(`${base}/follow`)
  expected.push({ status: 404, part: `/cases/${number}` })
  await page.locator('#follow-number').fill(number)
  await page.locator('#follow-code').fill('WRONG999')
  await page.locator('form button[type=submit]').first().click()
  await page.locator('.problem').waitFor({ timeout: SLOW_MS })
  check(true, 'a wrong code finds nothing')
  await page.locator('#follow-code').fill(code)
  await page.locator('form button[type=submit]').first().click()
  await page
    .locator('[data-test=own] [data-test=number]', { hasText: number })
    .waitFor({ timeout: SLOW_MS })
  check(true, 'number and code find the call again')
  await fits(page, 'the call that was found')
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/e2e-follow.png` })
}

/** Answers that are refusals on purpose. */
const expected: { status: number; part: string }[] = []

function watch(page: Page, base: string): void {
  page.on('pageerror', (error) => problems.push(`error in the page: ${error.message}`))
  page.on('console', (message) => {
    // Of an answer that is no success the browser says so here, too: those are looked at below.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      problems.push(`console: ${message.text()}`)
  })
  page.on('response', (answer) => {
    const meant = expected.some((e) => e.status === answer.status() && answer.url().includes(e.part))
    if (answer.status() >= 400 && !meant) problems.push(`${answer.status()} of ${answer.url()}`)
  })
  page.on('requestfailed', (request) => {
    // A page that is left gives up what it asked for: that is no failure.
    const why = request.failure()?.errorText ?? ''
    if (why !== 'net::ERR_ABORTED') problems.push(`${why} of ${request.url()}`)
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !/^(data|blob):/.test(request.url()))
      problems.push(`left the server: ${request.url()}`)
  })
}

async function onDesk(browser: Browser, base: string): Promise<void> {
  console.log('a desk, in Chinese')
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, locale: 'zh-CN' })
  watch(page, base)
  await openCity(page, base, 'zh')
  await openIt(page, await seeCallArrive(page, base))
  const { number, code } = await callByPin(page)
  await findAgain(page, base, number, code)
  await page.close()
}

async function onPhone(browser: Browser, base: string): Promise<void> {
  console.log('a phone, in English')
  const page = await browser.newPage({
    viewport: { width: 390, height: 844 },
    locale: 'en-GB',
    hasTouch: true,
  })
  watch(page, base)
  await openCity(page, base, 'en')
  const ways = (await page.locator('nav.ways').textContent()) ?? ''
  check(ways !== '' && !/\p{Script=Han}/u.test(ways), `the ways are in English: ${ways.trim()}`)
  await page.locator('[role=tab]').nth(1).click({ timeout: SLOW_MS })
  await page.locator('.figures dl').waitFor({ timeout: SLOW_MS })
  check(true, 'the figures are shown')
  await fits(page, 'the figures')
  const { number, code } = await callByPin(page)
  await findAgain(page, base, number, code)
  await page.close()
}

async function signedIn(browser: Browser, base: string): Promise<void> {
  console.log('a desk that is signed in')
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, locale: 'zh-CN' })
  watch(page, base)
  await page.addInitScript((token) => sessionStorage.setItem('huying.token', token), TOKEN)
  await page.goto(`${base}/cases?lang=zh`)
  await page.locator('.rows .row').first().click({ timeout: SLOW_MS })
  await page.locator('.line li').first().waitFor({ timeout: SLOW_MS })
  check(true, 'a case shows what happened')
  await fits(page, 'the case')
  await page.goto(`${base}/inbox`)
  await page.locator('ul.card, .none').first().waitFor({ timeout: SLOW_MS })
  check(true, 'the inbox is shown')
  await page.goto(`${base}/notices`)
  await page.locator('ul.card, .none').first().waitFor({ timeout: SLOW_MS })
  await fits(page, 'the notices')
  await page.goto(`${base}/duty`)
  await page.locator('ul.card, .none').first().waitFor({ timeout: SLOW_MS })
  await fits(page, 'who is on duty')
  await page.goto(`${base}/tasks`)
  await page.locator('.item, .none').first().waitFor({ timeout: SLOW_MS })
  await fits(page, 'the admissions')
  // What a browser has kept comes back under the same headers as what it fetched.
  await page.reload()
  await page.locator('.item, .none').first().waitFor({ timeout: SLOW_MS })
  check(true, 'a page that is loaded again is whole')
  await page.close()
}

async function main(): Promise<void> {
  const path = findChromium()
  if (path === null) {
    console.log('skipped: no chromium')
    return
  }
  const mock = process.env['HUYING_URL'] ? null : serve(0)
  if (mock) await new Promise((ready) => mock.server.once('listening', ready))
  const base = (
    process.env['HUYING_URL'] ?? `http://127.0.0.1:${(mock?.server.address() as AddressInfo).port}`
  ).replace(/\/$/, '')
  console.log(`${path} on ${base}`)
  const browser = await open(path)
  try {
    await onDesk(browser, base)
    await onPhone(browser, base)
    if (TOKEN !== '') await signedIn(browser, base)
    check(problems.length === 0, `nothing broke and nothing left the server ${problems.join('; ')}`)
  } finally {
    await browser.close()
    mock?.server.closeAllConnections()
    mock?.server.close()
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  for (const problem of problems) console.error(problem)
  process.exitCode = 1
})
