// A problem in words: what it is called, and what it says, in the reader's language.
import type { Problem } from '@/api/contract'
import { i18n, language } from '@/i18n'

/** What a refusal or failure is called. To a visitor a missing token is not an error: it is a door. */
export function titleOf(problem: Problem): string {
  const { t } = i18n.global
  if (problem.status === 401) return t('problem.title.401')
  return problem.title || t(`problem.title.${problem.status === 0 ? 0 : 500}`)
}

/** The rule in Chinese; `detail`, which names what stands against it here, is in English. */
export const ruleOf = (problem: Problem): string | null =>
  language() === 'en' ? null : (problem.words ?? null)

/** All of it in one line, for where there is no room for a card; details are in English, and told to who reads that. */
export function lineOf(problem: Problem): string {
  const says = language() === 'en' ? problem.detail : (problem.words ?? '')
  return [titleOf(problem), ...(problem.status === 0 || says === '' ? [] : [says])].join(
    i18n.global.t('app.colon'),
  )
}
