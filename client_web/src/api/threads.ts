/** *Thread* and who is on duty, of docs/protocol.md. */

export interface Person {
  readonly id: string;
  readonly name: string;
}

export interface Duty {
  readonly rota: string;
  readonly name: string;
  readonly role: string;
  readonly organisation_name: string;
  readonly phone: string;
  readonly person: Person | null;
  readonly until: string | null;
}

export interface Progress {
  readonly person: string;
  readonly name: string;
  readonly received: boolean;
  readonly read: boolean;
}

export interface Thread {
  readonly id: string;
  readonly rota: string;
  readonly rota_name: string;
  readonly phone: string;
  readonly second_phone: string | null;
  readonly opener: Person;
  readonly created_at: string;
  readonly repeat_s: number;
  readonly holder: Person | null;
  readonly until: string | null;
  readonly backup: Person | null;
  readonly escalated_at: string | null;
  readonly last: {
    readonly seq: number;
    readonly at: string;
    readonly sender: Person;
    readonly text: string;
    readonly urgent: boolean;
    readonly deleted: boolean;
  } | null;
  readonly unread: boolean;
  readonly progress: readonly Progress[];
  readonly urgent: {
    readonly message: number;
    readonly at: string;
    readonly reminders: number;
    readonly reminded_at: string | null;
  } | null;
  readonly acknowledged: {
    readonly message: number;
    readonly at: string;
    readonly by: Person;
  } | null;
  readonly may_acknowledge: boolean;
  readonly closed: boolean;
}
