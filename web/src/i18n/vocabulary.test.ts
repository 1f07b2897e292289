// Every word that docs/openapi.json lists for a member has words on screen, in both languages.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { COMMANDS, fieldsOf, tiersOf } from '@/case/fields'
import { STEPS } from '@/live/what'
import en from './en'
import zh from './zh'

type Member = { enum?: string[]; items?: Member; allOf?: { properties?: Record<string, Member> }[] }
type Api = { components: { schemas: Record<string, { properties?: Record<string, Member> } & Member> } }
const api = JSON.parse(readFileSync(join(import.meta.dirname, '../../../docs/openapi.json'), 'utf8')) as Api
const { schemas } = api.components

function listed(of: string, member: string): string[] {
  const schema = schemas[of]
  const all = [schema?.properties, ...(schema?.allOf ?? []).map((part) => part.properties)]
  const found = all.map((p) => p?.[member]).find((m) => m !== undefined)
  const words = found?.enum ?? found?.items?.enum ?? []
  expect(words.length, `${of}.${member} is listed`).toBeGreaterThan(3)
  return words
}

const tables = { zh: zh as unknown, en: en as unknown } as Record<
  'zh' | 'en',
  Record<string, Record<string, string>>
>

function worded(table: string, words: readonly string[]): void {
  for (const language of ['zh', 'en'] as const) {
    const lacks = words.filter((word) => !tables[language][table]?.[word])
    expect(lacks, `${table} in ${language}`).toEqual([])
  }
}

describe('the words of the API', () => {
  const commands = listed('NewCommand', 'name')

  it('name every command, with a form and a place among the others', () => {
    worded('command', commands)
    expect(Object.keys(COMMANDS).sort()).toEqual([...commands].sort())
    expect(tiersOf(commands).flat().sort()).toEqual([...commands].sort())
    expect(tiersOf(['of_the_future', 'undo', 'sign'])).toEqual([['sign'], [], ['undo']])
    worded('field', [...new Set(commands.flatMap((c) => (fieldsOf(c) ?? []).map((f) => f.name)))])
  })
  it('tell every step that the stream tells', () => {
    const steps = listed('Item', 'what')
    worded('what', steps)
    expect([...STEPS].sort()).toEqual([...steps].sort())
  })
  it('tell every state of a case', () => {
    worded('state', listed('CaseItem', 'state'))
    worded('state', listed('Item', 'state'))
  })
  it('leave no kind of thread and no step without words: the server sends them', () => {
    expect(listed('ThreadView', 'kind')).toContain('rung')
    expect(listed('ThreadView', 'step')).toContain('measure_stated')
    const of = Object.keys(schemas['ThreadView']?.properties ?? {})
    expect(of).toEqual(expect.arrayContaining(['kind_words', 'step_words', 'label', 'outcome']))
    expect(Object.keys(schemas['Happening']?.properties ?? {})).toContain('words')
  })
})
