import type { Grants, Member, Message, Peer, RoomEvent, RoomSettings, Snapshot } from '../protocol/types';
import { grantsOf } from './grants';

/** How many messages a fresh snapshot carries (protocol §4); the client itself keeps more. */
export const SNAPSHOT_MESSAGES = 200;

type Handler<T extends RoomEvent['type']> = (state: Snapshot, event: RoomEvent<T>) => Partial<Snapshot>;

const handlers: { [T in RoomEvent['type']]: Handler<T> } = {
  'room.created': (state, { data }) => withSettings(state, data),
  'room.changed': (state, { data }) => withSettings(state, data),
  'room.closed': (state) => ({ room: { ...state.room, state: 'closed' } }),
  'member.added': (state, { data }) => withMember(state, data),
  'member.changed': (state, { data }) => withMember(state, data),
  'member.removed': (state, { data }) => withMembers(state, state.members.filter((m) => m.person !== data.person)),
  'member.waiting': (state, { data }) => withMember(state, entrant(state, data, 'waiting')),
  'member.admitted': (state, { data }) => withMember(state, entrant(state, data, 'active')),
  'member.refused': (state, { data }) => withMember(state, entrant(state, data, 'refused')),
  'presence.joined': (state, { data }) => ({
    peers: [
      ...state.peers.filter((peer) => peer.peer !== data.peer),
      { ...data, in_call: false, muted: [], publishing: [], hand: false },
    ],
  }),
  'presence.left': (state, { data }) => ({ peers: state.peers.filter((peer) => peer.peer !== data.peer) }),
  'call.joined': (state, { data }) => withPeer(state, data.peer, { in_call: true }),
  'call.left': (state, { data }) => withPeer(state, data.peer, { in_call: false, publishing: [] }),
  'message.posted': (state, event) => ({ messages: [...state.messages, posted(event)] }),
  'message.edited': (state, { data }) => withMessage(state, data.message, { text: data.text, edited: true }),
  'message.deleted': (state, { data }) => withMessage(state, data.message, { text: '', deleted: true }),
  'document.added': (state, { data }) => ({
    documents: [...state.documents.filter((document) => document.id !== data.id), data],
  }),
  'document.removed': (state, { data }) => ({
    documents: state.documents.filter((document) => document.id !== data.id),
  }),
  'recording.started': (_state, { data }) => ({ recording: data }),
  'recording.answered': ({ recording }, { data }) => ({
    recording: recording && { ...recording, consents: { ...recording.consents, [data.person]: data.given } },
  }),
  'recording.stopped': () => ({ recording: null }),
  'recording.ready': () => ({}),
  'recording.removed': () => ({}),
};

/** The state after one timeline event; neither argument is changed. */
export function apply(state: Snapshot, event: RoomEvent): Snapshot {
  const handler = handlers[event.type] as Handler<RoomEvent['type']> | undefined;
  const change = handler ? handler(state, event) : {};
  const next = { ...state, ...change, seq: event.seq };
  return { ...next, room: { ...next.room, seq: event.seq } };
}

/** A snapshot cut to what the server would answer now, for comparison with a fresh one. */
export function trimmed(state: Snapshot): Snapshot {
  return { ...state, messages: state.messages.slice(-SNAPSHOT_MESSAGES) };
}

/** A scheduled room is an open one with an appointment. */
function withSettings(state: Snapshot, settings: RoomSettings): Partial<Snapshot> {
  const open = settings.scheduled_at === null ? 'open' : 'scheduled';
  const is_closed = state.room.state === 'closed';
  return { room: { ...state.room, ...settings, state: is_closed ? 'closed' : open } };
}

function posted(event: RoomEvent<'message.posted'>): Message {
  return {
    seq: event.seq,
    id: event.id,
    client_id: event.client_id ?? null,
    at: event.at,
    sender: event.sender,
    text: event.data.text,
    urgent: event.data.urgent,
    edited: false,
    deleted: false,
  };
}

function withMembers(state: Snapshot, members: Member[]): Partial<Snapshot> {
  const members_count = members.filter(({ state }) => state === 'active' || state === 'waiting').length;
  return { members, room: { ...state.room, members_count } };
}

function withMember(state: Snapshot, member: Member): Partial<Snapshot> {
  const known = state.members.some((old) => old.person === member.person);
  const members = known
    ? state.members.map((old) => (old.person === member.person ? member : old))
    : [...state.members, member];
  const change = withMembers(state, members);
  if (member.person !== state.me.person) return change;
  const { role, grants } = member;
  return {
    ...change,
    me: { ...state.me, role, grants },
    room: { ...state.room, ...change.room, my_role: role, my_grants: grants },
  };
}

function entrant(
  state: Snapshot,
  data: { person: string; name: string; role: Member['role'] },
  next: Member['state'],
): Member {
  const known = state.members.find((member) => member.person === data.person);
  const grants: Grants = known?.grants ?? grantsOf(data.role);
  return { ...data, grants, state: next, is_guest: known?.is_guest ?? data.person.startsWith('guest:') };
}

function withPeer(state: Snapshot, peer: string, change: Partial<Peer>): Partial<Snapshot> {
  return { peers: state.peers.map((old) => (old.peer === peer ? { ...old, ...change } : old)) };
}

function withMessage(state: Snapshot, seq: number, change: Partial<Message>): Partial<Snapshot> {
  return { messages: state.messages.map((old) => (old.seq === seq ? { ...old, ...change } : old)) };
}
