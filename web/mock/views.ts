// Cases as the API shows them: to a desk, to their caller, in lists.
import type { CaseItem, CaseView, OwnCase, Said } from '../src/api/contract'
import { WORDS, type MockCase } from './cases'

const iso = (at: number) => new Date(at).toISOString()
export const STATE: Record<string, Said> = {
  reported: { zh: '已登记', en: 'registered' },
  open: { zh: '办理中', en: 'being handled' },
  answered: { zh: '已答复', en: 'answered' },
  closed: { zh: '已结案', en: 'closed' },
}

export function itemOf(c: MockCase): CaseItem {
  return {
    number: c.number,
    id: c.id,
    state: c.state,
    channel: 'web',
    procedure: 'hotline',
    opened: iso(c.opened),
    due: iso(c.due),
    due_provisional: false,
    missed_clocks: c.closed === null && c.due < Date.now() ? 1 : 0,
    reworks: 0,
    suspended: false,
    excluded: false,
    matter: c.matter,
    request_type: c.type,
    urgency: c.urgency,
    place: c.place,
    lead: 'u1',
    closed: c.closed === null ? null : iso(c.closed),
    identity: c.identity,
  }
}

const ALLOWED: Record<string, string[]> = {
  reported: ['dispatch', 'void', 'note', 'reclassify', 'move'],
  open: ['sign', 'finish', 'ask_extension', 'ask_suspension', 'ask_return', 'note', 'log_effort'],
  answered: ['callback', 'close', 'note'],
  closed: ['reopen', 'note'],
}

export function deskView(c: MockCase, purpose: string | null): CaseView {
  const kind = c.state === 'reported' ? { zh: '派遣', en: 'dispatch' } : { zh: '处置', en: 'handling' }
  const over = c.closed !== null
  return {
    case: itemOf(c),
    version: c.steps.length,
    position: c.steps.at(-1)?.position ?? 0,
    allowed: ALLOWED[c.state] ?? [],
    offers: (ALLOWED[c.state] ?? []).map((command) => ({ command, threads: [] })),
    lead: { id: 'u1', name: c.unit },
    verdict: c.verdict as never,
    threads: [
      {
        thread: 1,
        kind: c.state === 'reported' ? 'dispatch' : 'handling',
        kind_words: kind,
        step: 'waiting',
        step_words: over ? { zh: '已办结', en: 'done' } : { zh: '待办', en: 'waiting' },
        open: !over,
        unit: { id: 'u1', name: c.unit },
        with_caller: false,
        units: [],
        round: 0,
        opened: iso(c.opened),
        moved: iso(c.opened),
        due: over ? null : iso(c.due),
      },
    ],
    clocks: [
      {
        clock: 1,
        stage: 'promise',
        stage_words: { zh: '对诉求人的承诺时限', en: 'promise to the caller' },
        state: over ? 'met' : 'running',
        start: iso(c.opened),
        due: iso(c.due),
        provisional: false,
        kept: over ? (c.closed ?? 0) <= c.due : null,
      },
      {
        clock: 2,
        stage: 'handle',
        stage_words: { zh: '处置时限', en: 'handling' },
        state: over ? 'met' : 'paused',
        start: iso(c.opened),
        due: iso(c.due - 7_200_000),
        provisional: false,
        left_seconds: 41_400,
        left_in: 'working',
      },
    ],
    repeats: null,
    circumstance: null,
    complex: false,
    quick: false,
    forced: false,
    timeline: c.steps.map((s, i) => ({
      position: s.position,
      version: i + 1,
      at: iso(s.at),
      command: s.command,
      actor: s.actor,
      events: [
        {
          event: s.command,
          words: WORDS[s.command] ?? { zh: '办理', en: 'handled' },
          texts: s.texts.map((x, item) => ({
            item,
            class: x.class,
            state: purpose ? 'clear' : 'masked',
            text: (purpose ? x.text : '•••') as never,
            reason: purpose ? null : 'no purpose was given',
          })),
        },
        ...(i === 0
          ? [
              {
                event: 'clock_started',
                words: { zh: '对诉求人的承诺时限开始', en: 'promise to the caller: clock started' },
              },
            ]
          : []),
      ],
    })),
  }
}

export function ownView(c: MockCase): OwnCase {
  const done = c.steps.find((s) => s.command === 'finish')
  const words: Said = STATE[c.state] ?? { zh: c.state, en: c.state }
  return {
    number: c.number,
    state: c.state,
    state_words: words,
    with: c.unit,
    reported: iso(c.opened),
    due: iso(c.due),
    due_provisional: false,
    paused: false,
    overdue: c.closed === null && c.due < Date.now(),
    verdict: c.verdict as never,
    answers: done
      ? [
          {
            at: iso(done.at),
            reply: {
              class: 'reply',
              item: 9,
              state: 'clear',
              text: '您好，工作人员已到现场处理，感谢您的反映。' as never,
            },
          },
        ]
      : [],
    files: [],
    allowed: ['rate', 'note'],
    position: c.steps.at(-1)?.position ?? 0,
  }
}
