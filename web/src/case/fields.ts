// The fields of every command, as docs/api.md lists them; case.test.ts compares the two. Draws nothing.
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
  | 'listed'
  | 'milestones'
  | 'number'
  | 'result'
  | 'whom'
  | 'order'

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
  circumstance: 'word',
  request_type: 'word',
  urgency: 'word',
  complex: 'yes',
  into: 'number',
  of: 'number',
  about: 'unit',
  identity: 'word',
  contact: 'whom',
  text: 'text',
  kind: 'listed',
  measure: 'listed',
  grade: 'listed',
  milestones: 'milestones',
  result: 'result',
  whom: 'whom',
  admission: 'order',
}

/** The profile's list that a field takes its words from, by command and field. */
const LISTS: Record<string, string> = {
  'verify ground': 'void_ground',
  'register ground': 'void_ground',
  'void ground': 'void_ground',
  'close ground': 'close_ground',
  'end_routine ground': 'close_ground',
  'force_close ground': 'close_ground',
  'reopen ground': 'reopen_ground',
  'exclude ground': 'exclude_ground',
  'ask_exclusion ground': 'exclude_ground',
  'erase ground': 'erase_ground',
  'restrict ground': 'restrict_ground',
  'refuse ground': 'refuse_ground',
  'whistle kind': 'whistle',
  'ask_whistle kind': 'whistle',
  'state_measure measure': 'measure',
  'confirm grade': 'grade',
  'grade grade': 'whistle_grade',
}

export function listOf(command: string, field: string): string | null {
  return LISTS[`${command} ${field}`] ?? null
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
  verify: 'thread, confirmed, circumstance?, ground?, of?, text?',
  handle_at_once: 'effort?, text',
  void: 'ground, of?, text?',
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
  send: 'thread, text?',
  return_above: 'text',
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
  supervise: 'thread?, text',
  end_supervision: 'thread, text',
  force_close: 'ground, text',
  reopen: 'ground, text',
  merge: 'into',
  part: 'thread',
  move: 'location, text?',
  reclassify: 'matter?, circumstance?, request_type?, urgency?, complex?',
  amend: 'about?, identity?, contact?, text',
  note: 'text, thread?',
  log_effort: 'thread, effort',
  ask_correction: 'clock, text',
  decide_correction: 'thread, granted, text?',
  register: 'thread, granted, circumstance?, ground?, of?, text?',
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
  assign: 'task, place, unit, person?, admission?, whom?, text',
  visit: 'thread, result, effort?, text?',
  end_routine: 'ground, text',
  undo: '',
  erase: 'ground',
  acknowledge: 'thread',
  climb: 'thread, text',
  confirm: 'thread, confirmed, grade?, text?',
  withdraw: 'thread, text',
  whistle: 'kind, units, text',
  ask_whistle: 'kind, units, text',
  decide_whistle: 'thread, granted, units?, text?',
  summon: 'thread, units, text',
  arrive: 'thread, text?',
  state_measure: 'thread, measure?, text',
  refuse: 'thread, ground, text',
  rule: 'thread, upheld?, lead?, instead?, text',
  plan: 'thread?, milestones',
  reach: 'thread, text?',
  grade: 'thread, grade',
}

/** What brings a case forward, what comes in on its way, what mends or ends it out of turn; each in this order. */
const TIERS: readonly (readonly string[])[] = [
  (
    'visit acknowledge handle_at_once sign contact arrive state_measure finish verify register dispatch check callback reply answer_direct ' +
    'decide_reply decide_whistle decide_return decide_extension decide_suspension decide_correction decide_exclusion pass_down confirm rule reach resume ' +
    'close rate'
  ).split(' '),
  'assign supervise end_supervision send return_above ask_extension ask_return ask_suspension climb urge ask_ruling whistle ask_whistle summon meet plan instruct plan_joint enforce grade hand redispatch note log_effort'.split(
    ' ',
  ),
  'undo reclassify amend move merge part withdraw refuse ask_correction divert restrict unrestrict reassign reopen void force_close end_routine exclude erase'.split(
    ' ',
  ),
]

/** The commands in the order in which they are of use, in tiers; one that this page does not know is left out. */
export function tiersOf(commands: readonly string[]): string[][] {
  const known = commands.filter((c) => c in COMMANDS)
  const tiers = TIERS.map((tier) => tier.filter((c) => known.includes(c)))
  const others = known.filter((c) => !TIERS.some((tier) => tier.includes(c)))
  return tiers.map((tier, i) => (i === 1 ? [...tier, ...others] : tier))
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
