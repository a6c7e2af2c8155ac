import { describe, expect, it } from 'vitest'
import type { EventData, EventType, RoomEvent, Snapshot } from '../../src/protocol/types'
import { apply } from '../../src/state/apply'
import { grantsOf } from '../../src/state/grants'
import { replay } from '../../src/state/replay'
import { deliveryOf, unreadAfter, withEphemeral } from '../../src/state/view'
import { emptySnapshot } from './fakes'

const SENDER = { id: 'bea', name: 'Bea' }

function event<T extends EventType>(seq: number, type: T, data: EventData[T]): RoomEvent {
  return { room: 'room', seq, id: `e${seq}`, type, at: '2026-11-22T03:00:00.000Z', sender: SENDER, client_id: `c${seq}`, data } as unknown as RoomEvent
}

function after(state: Snapshot, ...events: [EventType, object][]): Snapshot {
  return events.reduce((now, [type, data]) => apply(now, event(now.seq + 1, type, data as never)), state)
}

const member = { person: 'bea', name: 'Bea', role: 'member' as const, grants: grantsOf('member'), state: 'active' as const, is_guest: false }
const settings = { title: 'New', scheduled_at: null, duration_minutes: null, lobby: false, locked: true }

describe('apply', () => {
  it('never changes its arguments', () => {
    const state = Object.freeze(emptySnapshot())
    Object.freeze(state.messages)
    Object.freeze(state.members)
    Object.freeze(state.room)
    after(state, ['message.posted', { text: 'x', urgent: false }], ['member.added', member], ['room.closed', {}])
    expect(state.seq).toBe(0)
  })

  it('follows the room itself', () => {
    const changed = after(emptySnapshot(), ['room.changed', settings])
    expect(changed.room).toMatchObject({ title: 'New', lobby: false, locked: true, state: 'open', seq: 1 })
    const scheduled = after(changed, ['room.changed', { ...settings, scheduled_at: '2026-12-01T10:00:00.000Z' }])
    expect(scheduled.room.state).toBe('scheduled')
    expect(after(scheduled, ['room.closed', {}], ['room.changed', settings]).room.state).toBe('closed')
  })

  it('follows members through the lobby and out again', () => {
    const guest = { person: 'guest:1', name: 'Eva', role: 'guest' }
    const waiting = after(emptySnapshot(), ['member.added', member], ['member.waiting', guest])
    expect(waiting.members[1]).toEqual({ ...guest, grants: grantsOf('guest'), state: 'waiting', is_guest: true })
    expect(waiting.room.members_count).toBe(2)
    expect(after(waiting, ['member.admitted', guest]).members[1]?.state).toBe('active')
    const refused = after(waiting, ['member.refused', guest])
    expect(refused.members[1]?.state).toBe('refused')
    expect(refused.room.members_count).toBe(1)
    expect(after(waiting, ['member.removed', { person: 'guest:1' }]).members).toEqual([member])
  })

  it('gives me my new grants at once', () => {
    const observer = { ...member, person: 'ada', role: 'observer' as const, grants: grantsOf('observer') }
    const state = after(emptySnapshot('ada'), ['member.added', { ...member, person: 'ada' }], ['member.changed', observer])
    expect(state.me).toEqual({ person: 'ada', role: 'observer', grants: observer.grants })
    expect(state.room).toMatchObject({ my_role: 'observer', my_grants: observer.grants, members_count: 1 })
  })

  it('follows peers and the call', () => {
    const peer = { peer: 'p1', person: 'bea', name: 'Bea' }
    const here = after(emptySnapshot(), ['presence.joined', peer], ['call.joined', peer])
    expect(here.peers).toEqual([{ ...peer, in_call: true, muted: [], publishing: [], hand: false }])
    expect(after(here, ['call.left', peer]).peers[0]?.in_call).toBe(false)
    expect(after(here, ['presence.left', { ...peer, reason: 'lost' }]).peers).toEqual([])
  })

  it('follows messages and documents', () => {
    const document = { id: 'd1', name: 'a.pdf', bytes: 1, sha256: '', type: 'application/pdf', created_at: '', sender: SENDER }
    const state = after(
      emptySnapshot(),
      ['message.posted', { text: 'one', urgent: true }],
      ['message.posted', { text: 'two', urgent: false }],
      ['message.edited', { message: 1, text: 'uno' }],
      ['message.deleted', { message: 2 }],
      ['document.added', document],
    )
    expect(state.messages).toMatchObject([
      { seq: 1, client_id: 'c1', text: 'uno', urgent: true, edited: true, deleted: false, sender: SENDER },
      { seq: 2, text: '', edited: false, deleted: true },
    ])
    expect(state.documents).toEqual([document])
    expect(after(state, ['document.removed', { id: 'd1' }]).documents).toEqual([])
  })

  it('passes over an event type it does not know, keeping count', () => {
    const unknown = { ...event(1, 'room.closed', {}), type: 'board.opened' } as unknown as RoomEvent
    expect(apply(emptySnapshot(), unknown)).toMatchObject({ seq: 1, room: { state: 'open' } })
  })

  it('is cut to what a fresh snapshot carries', () => {
    const events = Array.from({ length: 230 }, (_, i) => event(i + 1, 'message.posted', { text: String(i), urgent: false }))
    expect(replay(emptySnapshot(), events).messages.map((m) => m.seq)).toEqual(Array.from({ length: 200 }, (_, i) => i + 31))
  })
})

describe('what is shown of it', () => {
  const state = after(emptySnapshot('bea'), ['message.posted', { text: 'x', urgent: false }])
  const message = state.messages[0]

  it('knows sent, delivered and read from the others’ receipts only', () => {
    if (!message) throw new Error('no message')
    const at = (receipts: Snapshot['receipts']) => deliveryOf(message, { ...state, receipts })
    expect(at({ bea: { delivered: 1, read: 1 } }).state).toBe('sent')
    expect(at({ ada: { delivered: 1, read: 0 } }).state).toBe('delivered')
    expect(at({ ada: { delivered: 1, read: 1 } })).toEqual({ state: 'read', readers: ['ada'] })
  })

  it('counts unread messages of others', () => {
    expect(unreadAfter(state, 0)).toEqual([])
    expect(unreadAfter({ ...state, me: { ...state.me, person: 'ada' } }, 0)).toHaveLength(1)
    expect(unreadAfter({ ...state, me: { ...state.me, person: 'ada' } }, 1)).toEqual([])
  })

  it('lays announced fields over the timeline’s peers', () => {
    const { peers } = after(emptySnapshot(), ['presence.joined', { peer: 'p1', person: 'bea', name: 'Bea' }])
    const shown = withEphemeral(peers, new Map([['p1', { muted: ['camera'], publishing: ['camera'], hand: true }]]))
    expect(shown[0]).toMatchObject({ muted: ['camera'], hand: true, in_call: false })
  })
})
