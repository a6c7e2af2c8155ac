import { describe, expect, it } from 'vitest'
import { loudness } from '../../src/call/levels'
import { preferring, sessionOf, withOpusResilience } from '../../src/call/sdp'
import { Serial } from '../../src/call/serial'
import { backoff } from '../../src/protocol/clock'
import { isPassing, ProtocolError, unwrap } from '../../src/protocol/errors'
import { expiryOf, refreshDelay } from '../../src/protocol/token'
import { barsOf } from '../../src/views/room/bars'
import { bestGrid } from '../../src/views/room/layout'
import { actionOf } from '../../src/views/room/shortcuts'
import { tilesOf } from '../../src/views/room/tiles'

const OFFER = [
  'v=0',
  'o=- 42 2 IN IP4 127.0.0.1',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:63 red/48000/2',
  'a=fmtp:63 111/111',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'a=rtpmap:96 VP8/90000',
  '',
].join('\r\n')

describe('SDP', () => {
  it('asks Opus for FEC and DTX and touches nothing else', () => {
    const sdp = withOpusResilience(OFFER)
    expect(sdp).toContain('a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\n')
    expect(sdp.replace(';usedtx=1', '')).toBe(OFFER)
    expect(withOpusResilience(sdp)).toBe(sdp)
  })

  it('knows a session by its origin, not its version', () => {
    expect(sessionOf(OFFER)).toBe(sessionOf(OFFER.replace(' 42 2 ', ' 42 3 ')))
    expect(sessionOf(OFFER)).not.toBe(sessionOf(OFFER.replace(' 42 2 ', ' 43 2 ')))
  })

  it('puts VP8 first, keeps retransmission, drops redundancy', () => {
    const codecs = ['video/VP9', 'video/rtx', 'video/VP8', 'video/red', 'video/ulpfec'].map((mimeType) => ({ mimeType }))
    expect(preferring(codecs, 'video/vp8').map(({ mimeType }) => mimeType)).toEqual(['video/VP8', 'video/VP9', 'video/rtx'])
  })
})

it('runs work in order and survives a failure', async () => {
  const serial = new Serial()
  const done: number[] = []
  const first = serial.run(async () => {
    await Promise.resolve()
    done.push(1)
    throw new Error('one')
  })
  const second = serial.run(() => {
    done.push(2)
    return Promise.resolve('two')
  })
  await expect(first).rejects.toThrow('one')
  expect(await second).toBe('two')
  expect(done).toEqual([1, 2])
})

describe('errors and tokens', () => {
  it('throws an acknowledgement’s error with its code and details', () => {
    expect(unwrap({ ok: true, event: 1 })).toEqual({ ok: true, event: 1 })
    expect(() => unwrap({ error: { code: 'conflict', message: 'm', offset: 3 } })).toThrow(
      expect.objectContaining({ code: 'conflict', details: { offset: 3 } }),
    )
    expect(() => unwrap(undefined)).toThrow(ProtocolError)
  })

  it('tells what passes from what a person must change', () => {
    expect(isPassing(new ProtocolError('timeout'))).toBe(true)
    expect(isPassing(new ProtocolError('forbidden'))).toBe(false)
    expect(isPassing(new Error('network'))).toBe(true)
  })

  it('refreshes a minute before expiry, soon when it cannot tell', () => {
    const token = ['h', Buffer.from(JSON.stringify({ exp: 1_000 })).toString('base64url'), 's'].join('.')
    expect(expiryOf(token)).toBe(1_000_000)
    expect(refreshDelay(1_000_000, 400_000)).toBe(540_000)
    expect(expiryOf('nonsense')).toBe(0)
    expect(refreshDelay(0, 400_000)).toBe(5_000)
  })

  it('backs off up to a ceiling', () => {
    expect(backoff(0, 500, 8_000, () => 1)).toBe(500)
    expect(backoff(3, 500, 8_000, () => 0)).toBe(2_000)
    expect(backoff(99, 500, 8_000, () => 1)).toBe(8_000)
  })
})

describe('the stage', () => {
  it('stacks two people on a phone and sets them side by side on a desk', () => {
    expect(bestGrid(2, 344, 600).columns).toBe(1)
    expect(bestGrid(2, 1_000, 600).columns).toBe(2)
    expect(bestGrid(9, 1_600, 900).columns).toBe(3)
  })

  it.each([1, 2, 3, 5, 8, 13, 64])('fits %i tiles inside the box', (count) => {
    for (const [width, height] of [[344, 600], [1_000, 760], [160, 700]] as const) {
      const grid = bestGrid(count, width, height, 8)
      const rows = Math.ceil(count / grid.columns)
      expect(grid.columns * grid.width + (grid.columns - 1) * 8).toBeLessThanOrEqual(width)
      expect(rows * grid.height + (rows - 1) * 8).toBeLessThanOrEqual(height)
    }
  })

  it('shows those in the call, me last, and nobody’s picture while it is off', () => {
    const peer = { name: 'B', in_call: true, muted: [], publishing: ['camera', 'microphone'] as const, hand: false }
    const track = { id: 't' } as MediaStreamTrack
    const tiles = tilesOf(
      [
        { ...peer, peer: 'me', person: 'a', publishing: [...peer.publishing] },
        { ...peer, peer: 'b', person: 'b', publishing: [...peer.publishing] },
        { ...peer, peer: 'c', person: 'c', publishing: [...peer.publishing], muted: ['camera', 'microphone'] },
        { ...peer, peer: 'd', person: 'd', publishing: [], in_call: false },
      ],
      'me',
      ['b', 'c'].map((id) => ({ peer: id, source: 'camera' as const, track })),
      ['b', 'me'],
      { track: null, is_mic_on: false },
      new Map([['b camera', 'link'], ['c screen', 'limit']]),
    )
    expect(tiles.map(({ paused }) => paused)).toEqual(['link', null, null])
    expect(tiles.map(({ peer: id }) => id)).toEqual(['b', 'c', 'me'])
    expect(tiles.map((tile) => tile.track !== null)).toEqual([true, false, false])
    expect(tiles.map(({ muted }) => muted)).toEqual([false, true, true])
    expect(tiles.map(({ speaking }) => speaking)).toEqual([true, false, false])
  })

  it('puts quality into words', () => {
    const quality = { loss_up: 0, loss_down: 0, jitter_ms: 0, rtt_ms: 0, kbps_up: 0, kbps_down: 0 }
    expect(barsOf(undefined).lit).toBe(0)
    expect(barsOf({ ...quality, score: 0 }).words).toBe('call.quality.bad')
    expect(barsOf({ ...quality, score: 5 })).toEqual({ lit: 4, words: 'call.quality.good' })
  })
})

it('leaves keys alone while a person types or holds a modifier', () => {
  const press = { key: 'M', ctrlKey: false, metaKey: false, altKey: false, repeat: false, target: null }
  expect(actionOf(press)).toBe('mic')
  expect(actionOf({ ...press, ctrlKey: true })).toBeNull()
  const field = { closest: () => ({}) } as unknown as EventTarget
  expect(actionOf({ ...press, target: field })).toBeNull()
})

it('reads loudness on a scale a person can see', () => {
  expect(loudness(new Float32Array(64))).toBe(0)
  expect(loudness(new Float32Array(64).fill(1))).toBe(1)
  expect(loudness(new Float32Array(64).fill(0.1))).toBeCloseTo(2 / 3)
})
