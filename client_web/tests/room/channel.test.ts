import { describe, expect, it } from 'vitest'
import { RoomChannel } from '../../src/protocol/channel'
import type { Outgoing } from '../../src/protocol/outbox'
import { MemoryStorage, type Storage } from '../../src/protocol/storage'
import type { RoomEvent } from '../../src/protocol/types'
import { Uuid7 } from '../../src/protocol/uuid'
import { FakeClock, FakeRoom, LossyLink, seeded, type Faults } from './fakes'

const CALM: Faults = { random: () => 0.5, loss: 0, duplication: 0, delay_ms: 0 }

function client(room: FakeRoom, person: string, clock: FakeClock, faults: Faults, storage: Storage<Outgoing> = new MemoryStorage()) {
  const link = new LossyLink(room, person, clock, faults)
  const uuids = new Uuid7(() => clock.now())
  const channel = new RoomChannel({
    room: 'room', token: () => Promise.resolve('a.e30.c'), link, history: link, storage, clock, uuid: () => uuids.next(),
  })
  const seen: RoomEvent[] = []
  channel.events.on('event', (event) => seen.push(event))
  channel.start()
  return { link, channel, seen, storage }
}

describe('a room over a lossy link', () => {
  it.each(Array.from({ length: 25 }, (_, seed) => seed))('loses, repeats and reorders nothing (seed %i)', async (seed) => {
    const random = seeded(seed)
    const clock = new FakeClock()
    const room = new FakeRoom()
    const faults: Faults = { random, loss: 0.3, duplication: 0.2, delay_ms: 400 }
    const people = ['ada', 'bea', 'cai'].map((person) => ({ person, sent: [] as string[], ...client(room, person, clock, faults) }))
    for (const { link } of people) link.connect()
    for (let step = 0; step < 100; step++) {
      for (const one of people) {
        if (random() < 0.15) one.link.disconnect()
        else if (one.link.state === 'disconnected' && random() < 0.6) one.link.connect()
        if (one.channel.outbox && random() < 0.7) {
          const text = `${one.person} ${one.sent.length}`
          one.sent.push(text)
          void one.channel.outbox.send(text)
        }
      }
      await clock.advance(random() * 900)
    }
    for (const { link } of people) {
      link.faults = CALM
      if (link.state === 'disconnected') link.connect()
    }
    await clock.advance(120_000)

    const total = people.reduce((sum, { sent }) => sum + sent.length, 0)
    expect(total).toBeGreaterThan(30)
    expect(room.log).toHaveLength(total)
    for (const { channel, seen, sent, person } of people) {
      const mine = room.log.filter((event) => event.sender?.id === person).map((event) => (event.data as { text: string }).text)
      expect(mine).toEqual(sent)
      expect(channel.outbox?.rows).toEqual([])
      expect(channel.snapshot?.messages.map((m) => m.seq)).toEqual(room.log.map((event) => event.seq))
      const first = seen[0]?.seq ?? 1
      expect(seen.map((event) => event.seq)).toEqual(room.log.slice(first - 1).map((event) => event.seq))
      expect(channel.state).toBe('joined')
    }
  })

  it('sends after a reload what the page before could not, once', async () => {
    const clock = new FakeClock()
    const room = new FakeRoom()
    const before = client(room, 'ada', clock, CALM)
    before.link.connect()
    await clock.advance(100)
    before.link.faults = { ...CALM, loss: 1 }
    await before.channel.outbox?.send('one')
    await before.channel.outbox?.send('two')
    await clock.advance(100)
    expect(before.channel.outbox?.rows.map((row) => row.state)).toEqual(['sending', 'sending'])
    before.link.disconnect()
    await before.channel.leave()

    const after = client(room, 'ada', clock, CALM, before.storage)
    after.link.connect()
    await clock.advance(1_000)
    expect(room.log.map((event) => (event.data as { text: string }).text)).toEqual(['one', 'two'])
    expect(await after.storage.all('')).toEqual([])
  })

  it('says not sent within seconds and recovers by itself', async () => {
    const clock = new FakeClock()
    const room = new FakeRoom()
    const { link, channel } = client(room, 'ada', clock, CALM)
    link.connect()
    await clock.advance(100)
    link.faults = { ...CALM, loss: 1 }
    void channel.outbox?.send('hello')
    await clock.advance(3_100)
    expect(channel.outbox?.rows[0]).toMatchObject({ state: 'not-sent', code: 'timeout', refused: false })
    link.faults = CALM
    await clock.advance(10_000)
    expect(room.log).toHaveLength(1)
    expect(channel.outbox?.rows).toEqual([])
  })

  it('keeps a refused message for the person and goes on with the next', async () => {
    const clock = new FakeClock()
    const room = new FakeRoom()
    room.refuse_text = 'bad'
    const { link, channel } = client(room, 'ada', clock, CALM)
    link.connect()
    await clock.advance(100)
    await channel.outbox?.send('bad')
    await channel.outbox?.send('good')
    await clock.advance(1_000)
    expect(channel.outbox?.rows).toMatchObject([{ text: 'bad', refused: true, code: 'invalid' }])
    expect(room.log).toHaveLength(1)
    room.refuse_text = null
    channel.outbox?.retry(channel.outbox.rows[0]?.client_id)
    await clock.advance(1_000)
    expect(room.log).toHaveLength(2)
  })

  it('fills a gap at once, not at the next round', async () => {
    const clock = new FakeClock()
    const room = new FakeRoom()
    const { link, channel } = client(room, 'ada', clock, CALM)
    link.connect()
    await clock.advance(100)
    link.faults = { ...CALM, loss: 1 }
    room.post('bea', 'b1', 'lost')
    link.faults = CALM
    room.post('bea', 'b2', 'heard')
    await clock.advance(50)
    expect(channel.snapshot?.messages.map((m) => m.text)).toEqual(['lost', 'heard'])
  })

  it('resynchronises every 30 s when nothing reveals a loss', async () => {
    const clock = new FakeClock()
    const room = new FakeRoom()
    const { link, channel } = client(room, 'ada', clock, CALM)
    link.connect()
    await clock.advance(100)
    link.faults = { ...CALM, loss: 1 }
    room.post('bea', 'b1', 'lost')
    link.faults = CALM
    await clock.advance(29_000)
    expect(channel.snapshot?.messages).toEqual([])
    await clock.advance(2_000)
    expect(channel.snapshot?.messages).toHaveLength(1)
  })

  it('tells the room what was delivered and read, never backwards', async () => {
    const clock = new FakeClock()
    const room = new FakeRoom()
    const { link, channel } = client(room, 'ada', clock, CALM)
    link.connect()
    room.post('bea', 'b1', 'x')
    await clock.advance(1_000)
    channel.read(1)
    channel.read(0)
    await clock.advance(1_000)
    expect(room.receipts['ada']).toEqual({ delivered: 1, read: 1 })
  })

  it('stands aside when another tab takes its place', async () => {
    const clock = new FakeClock()
    const room = new FakeRoom()
    const { link, channel } = client(room, 'ada', clock, CALM)
    link.connect()
    await clock.advance(100)
    room.append({ type: 'presence.left', sender: null, data: { peer: channel.peer, person: 'ada', reason: 'replaced' } })
    await clock.advance(100)
    expect(channel.state).toBe('replaced')
    void channel.again()
    await clock.advance(100)
    expect(channel.state).toBe('joined')
  })

  it('ends when access is revoked', async () => {
    const clock = new FakeClock()
    const room = new FakeRoom()
    const { link, channel } = client(room, 'ada', clock, CALM)
    link.connect()
    await clock.advance(100)
    link.push('revoked', { room: 'room', code: 'forbidden' })
    await clock.advance(100)
    expect(channel.state).toBe('removed')
  })
})
