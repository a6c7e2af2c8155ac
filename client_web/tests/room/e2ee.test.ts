import { describe, expect, it } from 'vitest'
import { safetyCode, type Letter, read, write } from '../../src/call/e2ee/envelopes'
import { clearBytes, Opener, Sealer } from '../../src/call/e2ee/frames'
import { Keyring } from '../../src/call/e2ee/keyring'
import { type Bytes, decrypt, encrypt, frameKey, readHeader, writeHeader } from '../../src/call/e2ee/sframe'
import { FakeClock } from './fakes'

const hex = (text: string): Bytes => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16))
const shown = (data: Bytes): string => Buffer.from(data).toString('hex')

// RFC 9605 Appendix C.3, cipher suite 0x0005
const VECTOR = {
  base: hex('000102030405060708090a0b0c0d0e0f'),
  salt: '84991c167b8cd23c93708ec7',
  metadata: hex('4945544620534672616d65205747'),
  plaintext: hex('64726166742d696574662d736672616d652d656e63'),
  sealed: '990123456794f509d36e9beacb0e261d99c7d1e972f1fed787d4049f17ca21353c1cc24d56ceabced279',
}

describe('SFrame', () => {
  it('seals and opens as the RFC does', async () => {
    const key = await frameKey(0x123, VECTOR.base)
    expect(shown(key.salt)).toBe(VECTOR.salt)
    const sealed = await encrypt(key, 0x4567, VECTOR.metadata, VECTOR.plaintext)
    expect(shown(sealed)).toBe(VECTOR.sealed)
    const header = readHeader(sealed)
    if (!header) throw new Error('no header')
    expect(header).toEqual({ kid: 0x123, counter: 0x4567, length: 5 })
    expect(await decrypt(key, header, VECTOR.metadata, sealed)).toEqual(VECTOR.plaintext)
  })

  it('writes headers as short as they fit and reads them back', () => {
    const tail = new Uint8Array(16)
    for (const [kid, counter, text] of [[0, 0, '00'], [7, 7, '77'], [8, 0, '8008'], [0, 255, '08ff'], [256, 256, '9901000100'], [1, 2 ** 40, '1d010000000000']] as const) {
      expect(shown(writeHeader(kid, counter))).toBe(text)
      expect(readHeader(new Uint8Array([...hex(text), ...tail]))).toEqual({ kid, counter, length: text.length / 2 })
    }
    for (const text of ['', '00', 'ff', `ff${'ff'.repeat(40)}`]) expect(readHeader(hex(text))).toBeNull()
  })
})

const BASE = new Uint8Array(32).fill(7)
const KEYFRAME = hex('d0b7009d012a4001b4000000'.padEnd(200, 'a5'))
const DELTA = hex('d1b700'.padEnd(80, '5a'))

async function pair(): Promise<[Sealer, Opener]> {
  const sealer = new Sealer()
  const opener = new Opener()
  await sealer.use(0, BASE)
  await opener.add('ada', 0, BASE)
  return [sealer, opener]
}

async function sealedBy(sealer: Sealer, frame: Bytes, source: 'camera' | 'microphone' = 'camera'): Promise<Bytes> {
  const sealed = await sealer.seal(source, frame)
  if (!sealed) throw new Error('not sealed')
  return sealed
}

describe('frames', () => {
  it('keeps what the server reads clear and nothing else', async () => {
    const [sealer, opener] = await pair()
    for (const [source, frame, clear] of [['camera', KEYFRAME, 10], ['camera', DELTA, 3], ['microphone', DELTA, 1]] as const) {
      expect(clearBytes(source, frame)).toBe(clear)
      const sealed = await sealedBy(sealer, frame, source)
      expect(sealed.slice(0, clear)).toEqual(frame.slice(0, clear))
      expect(shown(sealed)).not.toContain(shown(frame.slice(clear, clear + 8)))
      expect(await opener.open('ada', source, sealed)).toEqual(frame)
    }
  })

  it('carries silence of a single byte', async () => {
    const [sealer, opener] = await pair()
    const sealed = await sealedBy(sealer, hex('f8'), 'microphone')
    expect(await opener.open('ada', 'microphone', sealed)).toEqual(hex('f8'))
  })

  it('refuses what was altered anywhere, the clear bytes too', async () => {
    const [sealer, opener] = await pair()
    const sealed = await sealedBy(sealer, KEYFRAME)
    for (let at = 0; at < sealed.length; at++) {
      const altered = sealed.map((byte, index) => (index === at ? byte ^ 0x10 : byte))
      expect(await opener.open('ada', 'camera', altered), `byte ${at}`).toBeNull()
    }
    for (const length of [0, 3, 10, 11, sealed.length - 1]) expect(await opener.open('ada', 'camera', sealed.slice(0, length))).toBeNull()
    expect(await opener.open('ada', 'camera', sealed)).toEqual(KEYFRAME)
  })

  it('refuses frames of others, of another source, repeated, or never sealed', async () => {
    const [sealer, opener] = await pair()
    await opener.add('bo', 0, new Uint8Array(32).fill(9))
    const sealed = await sealedBy(sealer, KEYFRAME)
    expect(await opener.open('bo', 'camera', sealed)).toBeNull()
    expect(await opener.open('ada', 'screen', sealed)).toBeNull()
    expect(await opener.open('ada', 'camera', KEYFRAME)).toBeNull()
    expect(await opener.open('ada', 'camera', sealed)).toEqual(KEYFRAME)
    expect(await opener.open('ada', 'camera', sealed)).toBeNull()
  })

  it('never seals twice under one counter, and nothing without a key', async () => {
    const none = new Sealer()
    expect(await none.seal('camera', KEYFRAME)).toBeNull()
    const [sealer] = await pair()
    const all = await Promise.all(Array.from({ length: 40 }, () => sealedBy(sealer, DELTA)))
    await sealer.use(0, BASE)
    all.push(await sealedBy(sealer, DELTA))
    const headers = all.map((sealed) => readHeader(sealed.slice(3))?.counter)
    expect(new Set(headers).size).toBe(41)
  })

  it('opens what is late under a former key, and nothing of who was forgotten', async () => {
    const [sealer, opener] = await pair()
    const late = await sealedBy(sealer, DELTA)
    const next = new Uint8Array(32).fill(8)
    await opener.add('ada', 1, next)
    await sealer.use(1, next)
    expect(await opener.open('ada', 'camera', await sealedBy(sealer, KEYFRAME))).toEqual(KEYFRAME)
    expect(await opener.open('ada', 'camera', late)).toEqual(DELTA)
    opener.forget('ada')
    expect(await opener.open('ada', 'camera', await sealedBy(sealer, KEYFRAME))).toBeNull()
  })
})

/** Devices whose envelopes a server passes on, when it does. */
class Post {
  readonly devices = new Map<string, Device>()
  readonly seen: { from: string; to: string; envelope: string }[] = []
  is_down = false
  change = (_from: string, _to: string, envelope: string): string => envelope

  pass(from: string, envelopes: Record<string, string>): Promise<void> {
    for (const [to, envelope] of Object.entries(envelopes)) {
      this.seen.push({ from, to, envelope })
      if (!this.is_down) this.devices.get(to)?.ring.receive(from, this.change(from, to, envelope))
    }
    return Promise.resolve()
  }

  gather(...names: string[]): void {
    for (const name of names) this.devices.get(name)?.ring.follow(names)
  }
}

class Device {
  readonly ring: Keyring
  /** Base keys that it holds of the others, and its own in use. */
  readonly held = new Map<string, string[]>()
  used = ''

  constructor(post: Post, clock: FakeClock, readonly name: string) {
    post.devices.set(name, this)
    this.ring = new Keyring({
      room: 'room',
      peer: name,
      clock,
      send: (envelopes) => post.pass(name, envelopes),
      use: (_kid, base) => {
        this.used = shown(base)
      },
      add: (peer, _kid, base) => this.held.set(peer, [...(this.held.get(peer) ?? []), shown(base)]),
      forget: () => undefined,
      changed: () => undefined,
    })
  }

  hears(other: Device): boolean {
    return this.held.get(other.name)?.includes(other.used) ?? false
  }
}

/** WebCrypto answers from other threads: wait for it by condition. */
async function until(condition: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 4_000
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never saw: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

function cast(...names: string[]): { post: Post; clock: FakeClock; devices: Device[] } {
  const post = new Post()
  const clock = new FakeClock()
  return { post, clock, devices: names.map((name) => new Device(post, clock, name)) }
}

const agree = (...devices: Device[]): boolean =>
  devices.every((one) => one.ring.is_complete && devices.every((other) => one === other || one.hears(other)))

describe('keys', () => {
  it('reach every member, under keys that the server never saw', async () => {
    const { post, devices } = cast('ada', 'bo', 'cy')
    post.gather('ada', 'bo', 'cy')
    await until(() => agree(...devices), 'all hear each other')
    const letters = post.seen.map(({ envelope }) => atob(envelope.replaceAll('-', '+').replaceAll('_', '/')))
    for (const { used } of devices) for (const letter of letters) expect(letter).not.toContain(Buffer.from(used, 'hex').toString('base64url'))
    await until(() => new Set(devices.map(({ ring }) => ring.code)).size === 1, 'one code')
    expect(devices[0]?.ring.code).toMatch(/^(\d{5} ){5}\d{5}$/)
  })

  it('are new to who enters and lost to who leaves', async () => {
    const { post, devices } = cast('ada', 'bo', 'cy')
    const [ada, bo, cy] = devices as [Device, Device, Device]
    post.gather('ada', 'bo')
    await until(() => agree(ada, bo), 'two hear each other')
    const before = [ada.used, bo.used]
    const code = ada.ring.code
    post.gather('ada', 'bo', 'cy')
    await until(() => agree(ada, bo, cy), 'three hear each other')
    for (const used of before) expect([...cy.held.values()].flat()).not.toContain(used)
    expect(ada.ring.code).not.toBe(code)
    const known = [...cy.held.values()].flat()
    post.gather('ada', 'bo')
    await until(() => agree(ada, bo) && !known.includes(ada.used) && !known.includes(bo.used), 'new keys')
    expect([...cy.held.values()].flat()).not.toContain(ada.used)
  })

  it('are told again until they arrive, and changed in time when they do not', async () => {
    const { post, clock, devices } = cast('ada', 'bo')
    const [ada, bo] = devices as [Device, Device]
    post.is_down = true
    post.gather('ada', 'bo')
    await until(() => post.seen.length >= 2, 'both wrote')
    expect(ada.used).toBe('')
    await clock.advance(2_000)
    expect(ada.used).not.toBe('')
    expect(ada.ring.is_complete).toBe(false)
    expect(ada.ring.unknown).toEqual(['bo'])
    post.is_down = false
    await clock.advance(1_000)
    await until(() => agree(ada, bo), 'both hear each other at last')
  })

  it('do not wait for anybody longer than half a second after a leave', async () => {
    const { post, clock, devices } = cast('ada', 'bo', 'cy')
    const [ada, bo, cy] = devices as [Device, Device, Device]
    post.gather('ada', 'bo', 'cy')
    await until(() => agree(ada, bo, cy), 'three hear each other')
    post.is_down = true
    const { used } = ada
    post.gather('ada', 'bo')
    await until(() => ada.ring.code !== cy.ring.code, 'ada heard of it')
    expect(ada.used).toBe(used)
    await clock.advance(500)
    expect(ada.used).not.toBe(used)
  })

  it('of another server in the middle change the code that people compare', async () => {
    const { post, devices } = cast('ada', 'bo', 'eve')
    const [ada, bo] = devices as [Device, Device, Device]
    const eve = read(await firstLetter())
    if (!eve) throw new Error('no letter')
    post.change = (_from, _to, envelope) => {
      const letter = read(envelope)
      return letter ? write({ ...letter, key: eve.key }) : envelope
    }
    post.gather('ada', 'bo')
    await until(() => ada.ring.unknown.length === 0 && bo.ring.unknown.length === 0, 'keys came')
    await until(() => ada.ring.code !== '' && bo.ring.code !== '', 'codes')
    expect(ada.ring.code).not.toBe(bo.ring.code)
    expect(ada.hears(bo) || bo.hears(ada)).toBe(false)
  })
})

async function firstLetter(): Promise<string> {
  const { post } = cast('x', 'y')
  post.gather('x', 'y')
  await until(() => post.seen.length > 0, 'a letter')
  return post.seen[0]?.envelope ?? ''
}

it('reads letters of its own shape only', () => {
  const letter: Letter = { key: new Uint8Array(65).fill(4), have: 3, sealed: { kid: 1, iv: hex('00ff'), box: hex('fe') } }
  expect(read(write(letter))).toEqual(letter)
  expect(write(letter)).toMatch(/^[\w-]+$/)
  for (const body of ['', 'null', '{}', '{"v":2}', '{"v":1,"key":"AA"}', '{"v":1,"key":4}']) expect(read(btoa(body))).toBeNull()
  expect(read('ä')).toBeNull()
})

it('says another code for another key, device or room', async () => {
  const key = (fill: number): Bytes => new Uint8Array(65).fill(fill)
  const codes = await Promise.all([
    safetyCode('room', new Map([['a', key(1)], ['b', key(2)]])),
    safetyCode('room', new Map([['b', key(2)], ['a', key(1)]])),
    safetyCode('room', new Map([['a', key(2)], ['b', key(1)]])),
    safetyCode('room', new Map([['a', key(1)], ['b', key(3)]])),
    safetyCode('room', new Map([['a', key(1)]])),
    safetyCode('moor', new Map([['a', key(1)], ['b', key(2)]])),
  ])
  expect(codes[0]).toBe(codes[1])
  expect(new Set(codes).size).toBe(5)
})
