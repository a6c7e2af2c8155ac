import { AlertsSocket, type AlertEvent, type AlertEvents } from '../protocol/alerts';
import { Emitter } from '../protocol/emitter';
import { OFFLINE, ProtocolError } from '../protocol/errors';
import type { LinkState } from '../protocol/link';
import { deviceOfTab } from './device';
import { whileVisible } from './loading.svelte';

/** News of a topic is never older than this while no notice can reach us. */
const POLL_MS = 10_000;
/** Nor than this while they can: a notice is told once and may be lost. */
const NET_MS = 60_000;

const topics = new Emitter<Record<string, undefined>>();
const notices = new Emitter<AlertEvents & { connected: undefined }>();
/** Every event that pages may hear as a notice: one left out would never arrive. */
const HEARD = {
  'guard.alert': true,
  'guard.repeat': true,
  'guard.update': true,
  'guard.cancel': true,
  'guard.drill': true,
  'rota.on_call': true,
} satisfies Record<Exclude<AlertEvent, 'changed' | 'revoked'>, true>;

let socket: AlertsSocket | null = null;
let link = $state<LinkState>('closed');

/** Whether what happens elsewhere reaches this page at once. */
export function isLive(): boolean {
  return link === 'connected';
}

/** Whether the connection is wanted and does not stand. */
export function isConnecting(): boolean {
  return link === 'connecting' || link === 'disconnected';
}

/** Opens this tab's one connection for a signed-in person; answers how to end it. */
export function startLive(token: () => Promise<string>, onRefused: () => void): () => void {
  let isOver = false;
  void deviceOfTab().then((device) => {
    if (!isOver) connect(new AlertsSocket({ token, device }), onRefused);
  });
  const hurry = () => socket?.hurry();
  addEventListener('online', hurry);
  return () => {
    isOver = true;
    removeEventListener('online', hurry);
    socket?.close();
    socket = null;
    link = 'closed';
  };
}

/** Calls `listener` when something of the topic changed; use as `$effect(() => onChanged(…))`. */
export function onChanged(topic: string, listener: () => void): () => void {
  let last = Date.now();
  const run = () => {
    last = Date.now();
    listener();
  };
  const stops = [
    topics.on(topic, run),
    notices.on('connected', run),
    whileVisible(() => {
      if (!isLive() || Date.now() - last >= NET_MS) run();
    }, POLL_MS),
  ];
  return () => stops.forEach((stop) => stop());
}

/** Hears one kind of notice; `connected` comes each time the connection stands (again). */
export function onNotice<K extends AlertEvent | 'connected'>(
  notice: K,
  listener: (payload: (AlertEvents & { connected: undefined })[K]) => void,
): () => void {
  return notices.on(notice, listener);
}

/** Tells the server something about this device; throws ProtocolError like any request. */
export function tell<T = void>(event: string, payload: object): Promise<T> {
  if (socket === null) return Promise.reject(new ProtocolError(OFFLINE));
  return socket.request<T>(event, payload);
}

function connect(opened: AlertsSocket, onRefused: () => void): void {
  socket = opened;
  for (const notice of Object.keys(HEARD) as (keyof typeof HEARD)[]) {
    opened.on(notice, (payload) => notices.emit(notice, payload));
  }
  opened.on('changed', ({ topic }) => topics.emit(topic, undefined));
  opened.watch((state) => {
    link = state;
    if (state === 'connected') notices.emit('connected', undefined);
    if (state === 'refused') onRefused();
  });
  opened.open();
}
