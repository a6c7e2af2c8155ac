import { beforeEach, expect, it, vi } from 'vitest'
import { Call } from '../../src/call/call'
import type { LocalMedia } from '../../src/call/local'
import { Emitter } from '../../src/protocol/emitter'
import type { Link } from '../../src/protocol/link'
import type { ServerEvent, ServerEvents } from '../../src/protocol/types'
import { FakeClock, settle } from './fakes'

/** A connection that agrees to everything, and remembers whether it was closed. */
class Connection extends EventTarget {
  static all: Connection[] = []
  localDescription: RTCSessionDescriptionInit | null = null
  connectionState = 'new'
  iceConnectionState = 'new'
  signalingState = 'stable'
  is_open = true
  senders = 0

  constructor() {
    super()
    Connection.all.push(this)
  }

  addTransceiver(): object {
    const mid = String(this.senders++)
    const sender = { replaceTrack: () => Promise.resolve(), getParameters: () => ({ encodings: [] }), track: null }
    return { mid, direction: 'sendonly', sender, setCodecPreferences: () => undefined }
  }

  createOffer(): Promise<RTCSessionDescriptionInit> {
    return Promise.resolve({ type: 'offer', sdp: 'v=0\r\n' })
  }

  setLocalDescription(description: RTCSessionDescriptionInit): Promise<void> {
    this.localDescription = description
    return Promise.resolve()
  }

  setRemoteDescription(): Promise<void> {
    return Promise.resolve()
  }

  close(): void {
    this.is_open = false
  }
}

/** A server whose answers to `call.join` wait until they are let go. */
class Server {
  readonly state = 'connected'
  readonly events = new Emitter<ServerEvents>()
  joins: (() => void)[] = []
  offers = 0

  request(event: string): Promise<unknown> {
    if (event === 'call.join') {
      return new Promise((resolve) => {
        this.joins.push(() => {
          resolve({})
        })
      })
    }
    if (event === 'publish.offer') this.offers++
    return Promise.resolve({ sdp: '' })
  }

  on<K extends ServerEvent>(event: K, listener: (payload: ServerEvents[K]) => void): () => void {
    return this.events.on(event, listener)
  }

  watch(): () => void {
    return () => undefined
  }
}

beforeEach(() => {
  Connection.all = []
  vi.stubGlobal('RTCPeerConnection', Connection)
  vi.stubGlobal('RTCRtpSender', { getCapabilities: () => ({ codecs: [] }) })
  return () => {
    vi.unstubAllGlobals()
  }
})

const publishers = (): Connection[] => Connection.all.filter((one) => one.is_open && one.senders > 0)

it('publishes once, however many resets come while the room is joined', async () => {
  const server = new Server()
  const local = { tracks: {}, events: new Emitter() } as unknown as LocalMedia
  const link = server as unknown as Link
  const call = new Call({ room: 'room', link, local, clock: new FakeClock(), allowed: () => ['microphone', 'camera'] })
  void call.join('me', [])
  await settle()
  server.joins.shift()?.()
  await settle()
  expect(publishers()).toHaveLength(1)

  for (let i = 0; i < 3; i++) {
    server.events.emit('media.reset', { room: 'room' })
    await settle()
  }
  expect(server.joins.length).toBeGreaterThan(1)
  for (const answer of server.joins.splice(0)) answer()
  await settle()
  expect(publishers()).toHaveLength(1)
  expect(server.offers).toBe(2)
  expect(call.state).toBe('in-call')

  await call.leave()
  expect(publishers()).toHaveLength(0)
})
