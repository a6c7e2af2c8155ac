import type { Message, Peer, ServerEvents, Snapshot, Source } from '../protocol/types';

/** The fields of a peer that the timeline does not carry. */
export type Ephemeral = Pick<Peer, 'muted' | 'publishing' | 'hand'>;

/** Peers by id with their last announced ephemeral state laid over the timeline's. */
export function withEphemeral(peers: readonly Peer[], ephemeral: ReadonlyMap<string, Ephemeral>): Peer[] {
  return peers.map((peer) => ({ ...peer, ...ephemeral.get(peer.peer) }));
}

export function ephemeralOf(snapshot: Snapshot): Map<string, Ephemeral> {
  return new Map(snapshot.peers.map(({ peer, muted, publishing, hand }) => [peer, { muted, publishing, hand }]));
}

export function announced(presence: ServerEvents['presence']): Ephemeral {
  const { muted, publishing, hand } = presence;
  return { muted, publishing, hand };
}

export function sends(peer: Peer, source: Source): boolean {
  return peer.publishing.includes(source) && !peer.muted.includes(source);
}

export type DeliveryState = 'sent' | 'delivered' | 'read';

/** What became of one of my messages: counted over the others whose receipts are known. */
export function deliveryOf(message: Message, snapshot: Snapshot): { state: DeliveryState; readers: string[] } {
  const others = Object.entries(snapshot.receipts).filter(([person]) => person !== snapshot.me.person);
  const readers = others.filter(([, receipt]) => receipt.read >= message.seq).map(([person]) => person);
  if (readers.length > 0) return { state: 'read', readers };
  const is_delivered = others.some(([, receipt]) => receipt.delivered >= message.seq);
  return { state: is_delivered ? 'delivered' : 'sent', readers };
}

/** Messages of others after `read`; deleted ones do not count. */
export function unreadAfter(snapshot: Snapshot, read: number): Message[] {
  return snapshot.messages.filter(
    (message) => message.seq > read && !message.deleted && message.sender?.id !== snapshot.me.person,
  );
}
