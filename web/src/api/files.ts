// Pictures and papers of a case: added as they are, read for a purpose that is recorded.
import type { Schemas } from './contract'
import { ask, blob, ROOT } from './http'

export type CaseFile = Schemas['FileView']

/** What the server takes; it says so too when it refuses another. */
export const PICTURES = ['image/jpeg', 'image/png', 'image/webp']
export const ACCEPTED = [...PICTURES, 'application/pdf'].join(',')
export const MAX_FILE_BYTES = 20 * 1024 * 1024

const path = (number: string) => `${ROOT}/cases/${encodeURIComponent(number)}/files`

/** Adds a file, by an account or with the query code of the call. */
export const addFile = (
  number: string,
  file: File,
  label: string | null,
  key: string,
  code?: string,
): Promise<Schemas['FileAdded']> =>
  ask<Schemas['FileAdded']>(path(number), {
    method: 'POST',
    query: { label },
    file,
    headers: { 'idempotency-key': key, ...(code ? { 'x-huying-query-code': code } : {}) },
  })

export const readFile = (
  number: string,
  file: string,
  purpose: string,
  signal: AbortSignal,
): Promise<Blob> => blob(`${path(number)}/${encodeURIComponent(file)}`, { query: { purpose }, signal })
