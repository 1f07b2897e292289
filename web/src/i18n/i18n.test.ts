// Both languages say the same things, nothing is untranslated, nothing is left over.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import en from './en'
import zh from './zh'
import { firstLanguage, said, setLanguage } from './index'

type Tree = { [key: string]: string | Tree }

function leaves(tree: Tree, path = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    const at = path === '' ? key : `${path}.${key}`
    if (typeof value === 'string') found.set(at, value)
    else for (const [k, v] of leaves(value, at)) found.set(k, v)
  }
  return found
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sources(path)
    return /\.(ts|vue)$/.test(entry.name) && !/\.test\.ts$|schema\.ts$|i18n\/(zh|en)\.ts$/.test(path)
      ? [path]
      : []
  })
}

const chinese = leaves(zh)
const english = leaves(en)
const code = sources(join(import.meta.dirname, '..')).map((path) => ({
  path,
  text: readFileSync(path, 'utf8'),
}))
const literal = new Set(
  code.flatMap(({ text }) => [...text.matchAll(/'([a-z]\w*(?:\.[\w-]+)+)'/gi)].map((m) => m[1] ?? '')),
)
/** Keys that are put together: what stands before and after the part that varies. */
const composed = code
  .flatMap(({ text }) => [...text.matchAll(/`([a-z]\w*\.[\w.-]*)\$\{(?:[^`{}]|\{[^}]*\})*\}([\w.]*)`/gi)])
  .map((m) => ({ head: m[1] ?? '', tail: m[2] ?? '' }))

function used(key: string): boolean {
  if (literal.has(key)) return true
  return composed.some(({ head, tail }) => {
    const rest = key.slice(head.length, tail === '' ? undefined : -tail.length)
    return key.startsWith(head) && key.endsWith(tail) && rest !== '' && !rest.includes('.')
  })
}

describe('the two languages', () => {
  it('have the same keys', () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort())
  })

  it('name the same values in every sentence', () => {
    const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort()
    for (const [key, text] of chinese) expect(names(english.get(key) ?? ''), key).toEqual(names(text))
  })

  it('are what they say they are', () => {
    for (const [key, text] of english) expect(text, key).not.toMatch(/\p{Script=Han}/u)
    for (const [key, text] of chinese) expect(text, key).toMatch(/\p{Script=Han}|^[、：]$|^\{a\}/u)
  })

  it('hold no key that no code uses', () => {
    expect([...chinese.keys()].filter((key) => !used(key))).toEqual([])
  })

  it('hold every key that code uses', () => {
    const called = code.flatMap(({ text }) => [...text.matchAll(/\bt\('([^']+)'/g)].map((m) => m[1] ?? ''))
    expect(called.length).toBeGreaterThan(100)
    expect(called.filter((key) => !chinese.has(key))).toEqual([])
  })

  it('leave no Chinese in the templates', () => {
    const bare = code
      .filter(({ path }) => path.endsWith('.vue'))
      .filter(({ text }) => {
        const template = /<template>[\s\S]*<\/template>/.exec(text)?.[0] ?? ''
        return /\p{Script=Han}/u.test(template)
      })
    expect(bare.map(({ path }) => path)).toEqual([])
  })
})

describe('the language of a reader', () => {
  it('is the one asked for, then the one chosen, then the browser’s, then Chinese', () => {
    expect(firstLanguage('?lang=en', 'zh-CN', ['zh'])).toBe('en')
    expect(firstLanguage('', 'en', ['zh'])).toBe('en')
    expect(firstLanguage('', null, ['fr', 'en-GB', 'zh'])).toBe('en')
    expect(firstLanguage('', null, ['fr'])).toBe('zh-CN')
  })

  it('never shows a code for a name that has no translation', () => {
    setLanguage('en')
    expect(said({ zh: '锦官驿街道', en: '510104017' })).toBe('锦官驿街道')
    expect(said({ zh: '污水井盖', en: 'component.01002' })).toBe('污水井盖')
    expect(said({ zh: '锦江区', en: 'Jinjiang' })).toBe('Jinjiang')
    setLanguage('zh-CN')
    expect(said({ zh: '锦江区', en: 'Jinjiang' })).toBe('锦江区')
    expect(said(null)).toBe('')
  })
})
