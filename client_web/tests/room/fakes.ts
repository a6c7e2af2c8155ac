import type { Clock } from '../../src/protocol/clock'
import { Emitter } from '../../src/protocol/emitter'
import { OFFLINE, ProtocolError, TIMEOUT } from '../../src/protocol/errors'
import type { History, Link, LinkState } from '../../src/protocol/link'
import type { EventPage, Receipt, RoomEvent, ServerEvent, ServerEvents, Snapshot } from '../../src/protocol/types'
import { replay } from '../../src/state/replay'

/** A seeded generator (mulberry32), so that a failing run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Time that passes only when told to, with microtasks run between timers. */
export class FakeClock implements Clock {
  #now = 1_000_000
  #timers: { at: number; n: number; action: () => void }[] = []
  #n = 0

  now(): number {
    return this.#now
  }

  after(delay_ms: number, action: () => void): () => void {
    const timer = { at: this.#now + delay_ms, n: this.#n++, action }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      await settle()
      const due = this.#timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at || a.n - b.n)[0]
      if (!due) break
      this.#now = Math.max(this.#now, due.at)
      this.#timers = this.#timers.filter((other) => other !== due)
      due.action()
    }
    this.#now = end
    await settle()
  }
}

/** Let every promise that can go on, go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve()
}

const GRANTS = { publish: ['camera', 'microphone'], subscribe: true, chat: true, documents: true, moderate: false, present: true, record: false }

export function emptySnapshot(person = 'ada'): Snapshot {
  const room = {
    id: 'room', title: 'Case', kind: 'consult', state: 'open' as const, lobby: true, locked: false,
    created_at: '2026-11-22T03:00:00.000Z', created_by: 'host', seq: 0, my_role: 'member' as const, recordable: false, encrypted: false,
    my_grants: GRANTS, members_count: 0, people_present: 0, unread: 0,
  }
  return { room, me: { person, role: 'member', grants: GRANTS }, members: [], peers: [], documents: [], messages: [], receipts: {}, recording: null, seq: 0 }
}

/** A room that is never wrong: the truth that lossy links distort. */
export class FakeRoom {
  readonly log: RoomEvent[] = []
  readonly receipts: Record<string, Receipt> = {}
  readonly links = new Set<LossyLink>()
  refuse_text: string | null = null

  post(person: string, client_id: string, text: string, urgent = false): RoomEvent {
    const known = this.log.find((e) => e.type === 'message.posted' && e.client_id === client_id && e.sender?.id === person)
    if (known) return known
    return this.append({ type: 'message.posted', sender: { id: person, name: person }, client_id, data: { text, urgent } })
  }

  append(part: Pick<RoomEvent, 'type' | 'sender' | 'data'> & { client_id?: string }): RoomEvent {
    const seq = this.log.length + 1
    const event = { room: 'room', seq, id: `event-${seq}`, at: '2026-11-22T03:00:00.000Z', ...part } as RoomEvent
    this.log.push(event)
    for (const link of this.links) link.push('event', event)
    return event
  }

  snapshot(person: string): Snapshot {
    return { ...replay(emptySnapshot(person), this.log), receipts: structuredClone(this.receipts) }
  }

  page(after: number, limit: number): EventPage {
    const events = this.log.slice(after, after + limit)
    return { events, seq: this.log.length, more: after + events.length < this.log.length, receipts: structuredClone(this.receipts) }
  }
}

export interface Faults {
  random: () => number
  /** Chance that a request, an acknowledgement or a pushed event is lost. */
  loss: number
  duplication: number
  /** Longest delay in ms of anything on the wire: what reorders. */
  delay_ms: number
}

/** One person's connection to a FakeRoom that loses, repeats, delays and breaks. */
export class LossyLink implements Link, History {
  state: LinkState = 'disconnected'
  joined = false
  peer = 0
  readonly sent: string[] = []
  readonly #server = new Emitter<ServerEvents>()
  readonly #states = new Emitter<{ state: LinkState }>()
  readonly #pending = new Set<() => void>()
  #epoch = 0

  constructor(
    readonly room: FakeRoom,
    readonly person: string,
    readonly clock: Clock,
    public faults: Faults,
  ) {
    room.links.add(this)
  }

  connect(): void {
    this.#move('connected')
  }

  disconnect(): void {
    this.#epoch += 1
    this.joined = false
    for (const fail of [...this.#pending]) fail()
    this.#move('disconnected')
  }

  on<K extends ServerEvent>(event: K, listener: (payload: ServerEvents[K]) => void): () => void {
    return this.#server.on(event, listener)
  }

  watch(listener: (state: LinkState) => void): () => void {
    return this.#states.on('state', listener)
  }

  request<T>(event: string, payload: object, timeout_ms = 8_000): Promise<T> {
    this.sent.push(event)
    return new Promise<T>((resolve, reject) => {
      if (this.state !== 'connected') {
        reject(new ProtocolError(OFFLINE))
        return
      }
      const fail = (): void => {
        this.#pending.delete(fail)
        reject(new ProtocolError(TIMEOUT))
      }
      this.#pending.add(fail)
      const cancel = this.clock.after(timeout_ms, fail)
      this.#carry(() => {
        const answer = this.#serve(event, payload as Record<string, unknown>)
        this.#carry(() => {
          cancel()
          this.#pending.delete(fail)
          if (answer instanceof ProtocolError) reject(answer)
          else resolve(structuredClone(answer) as T)
        })
      })
    })
  }

  /** Something the server sends by itself; only a joined connection hears of the timeline. */
  push<K extends ServerEvent>(event: K, payload: ServerEvents[K]): void {
    if (!this.joined) return
    const copies = this.faults.random() < this.faults.duplication ? 2 : 1
    for (let i = 0; i < copies; i++) this.#carry(() => this.#server.emit(event, structuredClone(payload)))
  }

  events(_room: string, after: number, limit: number): Promise<EventPage> {
    if (this.state !== 'connected' || this.faults.random() < this.faults.loss) return Promise.reject(new ProtocolError('unavailable'))
    return Promise.resolve(structuredClone(this.room.page(after, limit)))
  }

  #carry(arrive: () => void): void {
    if (this.faults.random() < this.faults.loss) return
    const epoch = this.#epoch
    this.clock.after(this.faults.random() * this.faults.delay_ms, () => {
      if (epoch === this.#epoch) arrive()
    })
  }

  #serve(event: string, payload: Record<string, unknown>): object {
    if (event === 'join') {
      this.joined = true
      this.peer += 1
      return { ok: true, state: 'joined', peer: `${this.person}-${this.peer}`, snapshot: this.room.snapshot(this.person), ice_servers: [] }
    }
    if (event === 'message.send') {
      const { client_id, text } = payload as { client_id: string; text: string }
      if (text === this.room.refuse_text) return new ProtocolError('invalid')
      return { ok: true, event: this.room.post(this.person, client_id, text) }
    }
    if (event === 'receipt') {
      this.room.receipts[this.person] = { delivered: Number(payload['delivered']), read: Number(payload['read'] ?? 0) }
    }
    return { ok: true }
  }

  #move(state: LinkState): void {
    this.state = state
    this.#states.emit('state', state)
  }
}
