// Pictures that a caller adds: kept beside the form until the call has a number, then sent one by one.
import { onScopeDispose, ref } from 'vue'
import type { Problem } from '@/api/contract'
import { freshKey } from '@/api/cases'
import { addFile, MAX_FILE_BYTES, PICTURES } from '@/api/files'
import { asProblem } from '@/api/http'
import { i18n } from '@/i18n'
import { toast } from '@/shell/toast'

/** More than shows a matter from all sides, and few enough for a day's number of files from one address. */
export const MOST_PICTURES = 9

export interface Picture {
  file: File
  /** Where the browser shows it from. */
  url: string
  /** Sent again under the same key it counts once. */
  key: string
}

export type Unfit = 'kind' | 'large' | 'many'

/** What of chosen files can be added to those that are there, and why the others cannot. */
export function sorted(held: number, chosen: readonly File[]): { fit: File[]; unfit: [File, Unfit][] } {
  const fit: File[] = []
  const unfit: [File, Unfit][] = []
  for (const file of chosen) {
    if (!PICTURES.includes(file.type)) unfit.push([file, 'kind'])
    else if (file.size > MAX_FILE_BYTES) unfit.push([file, 'large'])
    else if (held + fit.length >= MOST_PICTURES) unfit.push([file, 'many'])
    else fit.push(file)
  }
  return { fit, unfit }
}

export const pictureOf = (file: File): Picture => ({
  file,
  url: URL.createObjectURL(file),
  key: freshKey(),
})
export const letGo = (pictures: readonly Picture[]): void =>
  pictures.forEach((picture) => URL.revokeObjectURL(picture.url))

export type Sent = Picture & { state: 'waits' | 'goes' | 'there' | 'failed'; problem: Problem | null }

/** Sends pictures to the call of a number, one after the other: one that is refused holds up no other. */
export function useSent(pictures: readonly Picture[], number: string, code: string) {
  const all = ref<Sent[]>(pictures.map((picture) => ({ ...picture, state: 'waits', problem: null })))
  const sending = ref(false)
  let left = false
  onScopeDispose(() => {
    left = true
    if (!sending.value) letGo(all.value)
  })

  async function send(): Promise<void> {
    sending.value = true
    for (const one of all.value) {
      if (one.state === 'there') continue
      one.state = 'goes'
      try {
        await addFile(number, one.file, null, one.key, code)
        Object.assign(one, { state: 'there', problem: null })
      } catch (error) {
        Object.assign(one, { state: 'failed', problem: asProblem(error) })
      }
    }
    sending.value = false
    if (!left) return
    letGo(all.value)
    const n = all.value.filter((one) => one.state === 'failed').length
    if (n > 0) toast('error', i18n.global.t('pictures.lost', { number, n }))
  }
  return { all, sending, send }
}
