// Languages: Chinese first, English second. The choice is kept on this machine and told to the server.
import { createI18n } from 'vue-i18n'
import type { Said } from '@/api/contract'
import { sender } from '@/api/http'
import zh from './zh'
import en from './en'

export type Language = 'zh-CN' | 'en'
const KEY = 'huying.language'

/** The language asked for: by the link, by an earlier choice, by the browser; Chinese where none is ours. */
export function firstLanguage(search: string, kept: string | null, browser: readonly string[]): Language {
  const asked = new URLSearchParams(search).get('lang') ?? kept
  if (asked !== null) return asked.startsWith('en') ? 'en' : 'zh-CN'
  const first = browser.find((l) => /^(zh|en)/i.test(l))
  return first !== undefined && /^en/i.test(first) ? 'en' : 'zh-CN'
}

function kept(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}

export const i18n = createI18n({
  legacy: false,
  locale: firstLanguage(location.search, kept(), navigator.languages ?? []),
  fallbackLocale: false,
  messages: { 'zh-CN': zh, en },
})

export function language(): Language {
  return i18n.global.locale.value as Language
}

export function setLanguage(to: Language): void {
  i18n.global.locale.value = to
  try {
    localStorage.setItem(KEY, to)
  } catch {
    // Not kept: the next visit begins with the browser's language again.
  }
  tell()
}

/** Tells the document and the server which language the reader reads. */
export function tell(): void {
  document.documentElement.lang = language()
  sender.language = language()
}

/** A sentence of the server in the reader's language. A name without a translation stays in Chinese, not a code. */
export function said(words: Said | string | null | undefined): string {
  if (words === null || words === undefined) return ''
  if (typeof words === 'string') return words
  const bare = /^[\w.-]*\d[\w.-]*$/.test(words.en)
  if (language() !== 'en' || words.en === '' || bare) return words.zh
  // Words of the server stand for themselves on screen, as a name does.
  return words.en.charAt(0).toUpperCase() + words.en.slice(1)
}
