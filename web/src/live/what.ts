// What an event of the stream says, in a few words of the reader's language.
import { useI18n } from 'vue-i18n'
import type { LiveEvent } from '@/api/contract'

/** Steps with words of their own, the weightiest first; an unknown step shows the state of the case. */
export const STEPS = [
  'reported',
  'closed',
  'void',
  'rated',
  'answered',
  'reopened',
  'sent_back',
  'whistle',
  'summons',
  'climbed',
  'rung',
  'supervised',
  'dispatched',
  'on_site',
  'signed',
  'moved',
  'registered',
  'observed',
  'clock',
] as const

export function useWhat(): (event: LiveEvent) => string {
  const { t } = useI18n()
  return (event) => {
    const step = STEPS.find((s) => event.what.includes(s))
    return step === undefined ? t(`state.${event.state}`) : t(`what.${step}`)
  }
}
