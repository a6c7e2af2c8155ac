import { describe, expect, it } from 'vitest'
import { QualityHistory, READINGS } from '../../src/call/history'
import { Freezes, heightOf, pathOf, type Report } from '../../src/call/stats'
import { seriesOf } from '../../src/views/quality/measures'

const report = (...entries: object[]): Report =>
  entries.map((entry, index) => {
    const whole = { id: `e${String(index)}`, type: '', ...entry }
    return [whole.id, whole]
  })

describe('what only the device knows', () => {
  const pair = (local: object) =>
    report(
      { type: 'transport', selectedCandidatePairId: 'pair' },
      { id: 'pair', type: 'candidate-pair', localCandidateId: 'local' },
      { id: 'local', type: 'local-candidate', ...local },
    )

  it('names the path that the chosen candidate pair takes', () => {
    expect(pathOf(pair({ candidateType: 'host', protocol: 'udp' }))).toBe('udp')
    expect(pathOf(pair({ candidateType: 'prflx', protocol: 'tcp' }))).toBe('tcp')
    expect(pathOf(pair({ candidateType: 'relay', protocol: 'udp', relayProtocol: 'tls' }))).toBe('turn-tls')
    expect(pathOf(pair({ candidateType: 'relay', protocol: 'udp', relayProtocol: 'tcp' }))).toBe('turn-tcp')
    expect(pathOf(pair({ candidateType: 'relay', protocol: 'udp', relayProtocol: 'udp' }))).toBe('turn-udp')
  })

  it('finds the pair where no transport is reported, and none before there is one', () => {
    const local = { id: 'local', type: 'local-candidate', candidateType: 'host', protocol: 'udp' }
    const known = { type: 'candidate-pair', localCandidateId: 'local' }
    expect(pathOf(report({ ...known, selected: true }, local))).toBe('udp')
    expect(pathOf(report({ ...known, nominated: true, state: 'succeeded' }, local))).toBe('udp')
    expect(pathOf(report({ ...known, nominated: false, state: 'failed' }, local))).toBeNull()
    expect(pathOf([])).toBeNull()
  })

  it('counts only pictures that move', () => {
    const sent = { type: 'outbound-rtp', kind: 'video' }
    const moving = report(
      { ...sent, frameHeight: 720, framesPerSecond: 0 },
      { ...sent, frameHeight: 360, framesPerSecond: 24 },
    )
    expect(heightOf(moving, 'outbound-rtp')).toBe(360)
    expect(heightOf(moving, 'inbound-rtp')).toBeNull()
  })

  it('tells freezes since the last look, also when streams come and go', () => {
    const freezes = new Freezes()
    const stream = (id: string, freezeCount: number, totalFreezesDuration: number) => ({
      id, type: 'inbound-rtp', kind: 'video', freezeCount, totalFreezesDuration,
    })
    expect(freezes.look(report(stream('a', 2, 0.5)))).toEqual({ freezes: 2, frozen_s: 0.5 })
    expect(freezes.look(report(stream('a', 3, 1), stream('b', 1, 0.25)))).toEqual({ freezes: 2, frozen_s: 0.75 })
    expect(freezes.look(report(stream('b', 1, 0.25)))).toEqual({ freezes: 0, frozen_s: 0 })
    expect(freezes.look(report(stream('b', 0, 0)))).toEqual({ freezes: 0, frozen_s: 0 })
  })
})

it('keeps a bounded history and draws it', () => {
  const history = new QualityHistory()
  const quality = { score: 4, loss_up: 0.015, loss_down: 0, jitter_ms: 1, rtt_ms: 9, kbps_up: 1, kbps_down: 2 }
  for (let at = 0; at < READINGS + 10; at++) history.add('peer', at, quality)
  const kept = history.of('peer')
  expect(kept.length).toBe(READINGS)
  expect([kept[0]?.at, kept.at(-1)?.at]).toEqual([10, READINGS + 9])
  expect(seriesOf('loss', kept.slice(0, 1), String).map(({ values }) => values)).toEqual([[1.5], [0]])
  for (let n = 0; n < 70; n++) history.add(`other ${String(n)}`, 0, quality)
  expect(history.of('peer')).toEqual([])
})
