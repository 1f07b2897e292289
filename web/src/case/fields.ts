// The fields of every command, as docs/api.md lists them; fields.test.ts compares the two. Draws nothing.
export type FieldKind =
  | 'text'
  | 'thread'
  | 'clock'
  | 'unit'
  | 'units'
  | 'person'
  | 'yes'
  | 'instant'
  | 'ground'
  | 'effort'
  | 'verdict'
  | 'location'
  | 'word'
  | 'number'

export interface Field {
  name: string
  kind: FieldKind
  optional: boolean
}

const KINDS: Record<string, FieldKind> = {
  thread: 'thread',
  clock: 'clock',
  lead: 'unit',
  unit: 'unit',
  co: 'units',
  person: 'person',
  confirmed: 'yes',
  granted: 'yes',
  passed: 'yes',
  reached: 'yes',
  upheld: 'yes',
  units: 'units',
  instead: 'units',
  until: 'instant',
  reexamine: 'instant',
  at: 'instant',
  ground: 'ground',
  effort: 'effort',
  verdict: 'verdict',
  location: 'location',
  matter: 'word',
  request_type: 'word',
  urgency: 'word',
  into: 'number',
  text: 'text',
}

/** `thread, confirmed, ground?` as fields. */
export function parseFields(line: string): Field[] {
  return line
    .split(',')
    .map((f) => f.trim())
    .filter((f) => f !== '')
    .map((f) => {
      const name = f.replace(/\?$/, '')
      return { name, kind: KINDS[name] ?? 'text', optional: f.endsWith('?') }
    })
}

export const COMMANDS: Record<string, string> = {
  verify: 'thread, confirmed, ground?, text?',
  void: 'ground, text?',
  answer_direct: 'text',
  dispatch: 'thread, lead, co?, text?',
  redispatch: 'lead, co?, text',
  pass_down: 'thread, unit, text',
  ask_ruling: 'thread, text',
  urge: 'thread?, text?',
  sign: 'thread',
  hand: 'thread, person',
  contact: 'thread, text?',
  ask_return: 'thread, text',
  decide_return: 'thread, granted, text?',
  ask_extension: 'thread, until, text',
  decide_extension: 'thread, granted, text?',
  ask_suspension: 'thread, reexamine, text',
  decide_suspension: 'thread, granted, text?',
  resume: 'thread, text?',
  finish: 'thread, effort?, text',
  check: 'thread, passed, text?',
  reply: 'text',
  decide_reply: 'thread, granted, text?',
  callback: 'thread, reached, verdict?, text?',
  rate: 'verdict, text?',
  close: 'ground, text?',
  force_close: 'ground, text',
  reopen: 'ground, text',
  merge: 'into',
  part: 'thread',
  move: 'location, text?',
  reclassify: 'matter?, request_type?, urgency?',
  note: 'text, thread?',
  log_effort: 'thread, effort',
  ask_correction: 'clock, text',
  decide_correction: 'thread, granted, text?',
  ask_exclusion: 'ground, text',
  decide_exclusion: 'thread, granted, text?',
  exclude: 'ground, text',
  instruct: 'units, text',
  meet: 'thread?, units, tasks?, text',
  divert: 'to, text',
  plan_joint: 'thread?, units?, powers, at, text',
  enforce: 'thread?, act, power, files?, text',
  restrict: 'persons?, posts?, ground, text?',
  unrestrict: 'text',
  reassign: 'from, from_person?, to, to_person?',
  undo: '',
  erase: 'ground',
  acknowledge: 'thread',
  climb: 'thread, text',
  confirm: 'thread, confirmed, grade?, text?',
  withdraw: 'thread, text',
  whistle: 'kind, units, text',
  summon: 'thread, units, text',
  arrive: 'thread, text?',
  state_measure: 'thread, measure?, text',
  refuse: 'thread, ground, text',
  rule: 'thread, upheld?, lead?, instead?, text',
  plan: 'thread?, milestones',
  reach: 'thread, text?',
  grade: 'thread, grade',
}

/** The fields of a command; null of one this page does not know (a newer server). */
export function fieldsOf(command: string): Field[] | null {
  const line = COMMANDS[command]
  return line === undefined ? null : parseFields(line)
}

/** Words that a server named as accepted in a refusal: `untrue, duplicate`. */
export function acceptedWords(accepted: string): string[] {
  const words = accepted.split(',').map((w) => w.trim())
  return words.every((w) => /^[\w.-]+$/.test(w)) ? words : []
}

/** Milestones as they are typed: a line each, its word and the instant until when. */
function milestonesOf(text: string): { label: string; until: string }[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([label]) => label !== '')
    .map(([label, until]) => ({ label: label ?? '', until: until ?? '' }))
}

/** Tasks as they are typed: a line each, the unit, its word and the instant until when. */
function tasksOf(text: string): { unit: string; label: string; until: string }[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([unit]) => unit !== '')
    .map(([unit, label, until]) => ({ unit: unit ?? '', label: label ?? '', until: until ?? '' }))
}

/** What a field that is typed as lines of text becomes. */
const TYPED: Record<string, (text: string) => unknown> = {
  milestones: milestonesOf,
  tasks: tasksOf,
  powers: (text) => text.split(/\s+/).filter((code) => code !== ''),
  persons: (text) => text.split(/\s+/).filter((id) => id !== ''),
  posts: (text) => text.split(/\s+/).filter((id) => id !== ''),
  files: (text) => text.split(/\s+/).filter((digest) => digest !== ''),
}

/** The body of a command from what the form holds: empty optional fields are left out. */
export function bodyOf(
  name: string,
  fields: readonly Field[],
  held: Record<string, unknown>,
): Record<string, unknown> {
  const body: Record<string, unknown> = { name }
  for (const field of fields) {
    const value = held[field.name]
    const empty =
      value === undefined ||
      value === null ||
      value === '' ||
      (Array.isArray(value) && value.length === 0) ||
      (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
    const typed = typeof value === 'string' ? TYPED[field.name] : undefined
    if (!empty) body[field.name] = typed === undefined ? value : typed(value as string)
  }
  return body
}

/** The names of required fields that are still empty. */
export function missing(fields: readonly Field[], body: Record<string, unknown>): string[] {
  return fields.filter((f) => !f.optional && !(f.name in body)).map((f) => f.name)
}
