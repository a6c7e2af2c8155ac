import { Connection, type ConnectionOptions } from './connection';

export const PRIORITIES = ['emergency', 'urgent', 'routine'] as const;
export type Priority = (typeof PRIORITIES)[number];

export interface GuardCancel {
  request: string;
  code: 'taken' | 'cancelled' | 'superseded';
  by: { id: string; name: string } | null;
}

/** What the server sends on `/alerts`: news for one person, without patient data. */
export interface AlertEvents {
  /** A guard request rings here until somebody answers. */
  'guard.alert': {
    request: string;
    room: string;
    service_name: string;
    priority: Priority;
    step: number;
    at: string;
    /** Devices of mine on which it makes no sound now; `*` stands for all. */
    silent_on: string[];
  };
  /** Something still waits for my answer: what must sound is asked for. */
  'guard.repeat': { at: string };
  'guard.update': { request: string; state: string; by?: string | null };
  /** It rings no more: `code` says why, `by` whose doing it was. */
  'guard.cancel': GuardCancel;
  /** No request: a drill asks this device whether it can be heard. */
  'guard.drill': { drill: string; audible: boolean; until: string };
  /** Who is on call in a rota from now on, told to everybody. */
  'rota.on_call': { rota: string; person: { id: string; name: string } | null };
  /** Something of mine changed; what it is, REST tells. */
  changed: { topic: string; subject: string };
  revoked: { room?: string; code: string };
}

export type AlertEvent = keyof AlertEvents;

/** The typed Socket.IO `/alerts` connection: one per signed-in tab. */
export class AlertsSocket extends Connection<AlertEvents> {
  constructor(options: ConnectionOptions) {
    super('/alerts', options);
  }
}
