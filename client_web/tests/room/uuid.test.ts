import { expect, it } from 'vitest'
import { Uuid7 } from '../../src/protocol/uuid'

it('grows strictly, even when the clock stands still or steps back', () => {
  let now = 1_790_000_000_000
  const source = new Uuid7(() => now)
  const ids = Array.from({ length: 9_000 }, (_, i) => {
    if (i === 5_000) now -= 60_000
    return source.next()
  })
  expect([...ids].sort()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
