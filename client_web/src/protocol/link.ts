import type { EventPage, ServerEvent, ServerEvents } from './types';

export type LinkState = 'connecting' | 'connected' | 'disconnected' | 'refused' | 'closed';

/** One live connection on which requests are acknowledged; the socket, or a test's lossy stand-in. */
export interface Link {
  readonly state: LinkState;
  /** Send and wait for the acknowledgement; throws ProtocolError, `offline` when nothing was sent. */
  request<T>(event: string, payload: object, timeout_ms?: number): Promise<T>;
  on<K extends ServerEvent>(event: K, listener: (payload: ServerEvents[K]) => void): () => void;
  /** Told of each change of `state`. */
  watch(listener: (state: LinkState) => void): () => void;
}

/** The durable half of the timeline over REST: `GET rooms/{id}/events?after=`. */
export interface History {
  events(room: string, after: number, limit: number): Promise<EventPage>;
}
