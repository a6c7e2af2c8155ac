/** *Service*, *Request* and *Alert* of the guard, as docs/protocol.md has them. */
import type { Priority } from '../protocol/alerts';

export { PRIORITIES, type Priority } from '../protocol/alerts';

export type RequestState =
  | 'requested'
  | 'alerting'
  | 'accepted'
  | 'working'
  | 'report_pending'
  | 'reported'
  | 'closed'
  | 'cancelled'
  | 'exhausted';

export interface Person {
  readonly id: string;
  readonly name: string;
}

export interface OnCall {
  readonly person: string;
  readonly name: string;
}

export interface Step {
  /** Null where a person is alerted by name, or the requester is told whom to telephone. */
  readonly rota: string | null;
  readonly rota_name: string;
  readonly person: string | null;
  readonly person_name: string | null;
  readonly text: string | null;
  readonly delay_s: number;
  readonly on_call: OnCall | null;
}

/** A trust's own rota, which comes first when that trust asks. */
export interface Local {
  readonly organisation: string;
  readonly rota: string;
  readonly rota_name: string;
  readonly delay_s: number;
  readonly on_call: OnCall | null;
}

export type Targets = Readonly<
  Record<Priority, { readonly accept_s: number; readonly hear_minutes: number }>
>;

export interface GuardService {
  readonly id: string;
  readonly name: string;
  readonly organisation: string;
  readonly modality: string;
  readonly phone: string;
  readonly zone: string;
  readonly steps: readonly Step[];
  readonly join_s: number;
  readonly report_minutes: number;
  readonly repeats: number;
  readonly local: readonly Local[];
  readonly targets: Targets;
  readonly on_call: OnCall | null;
  /** Nobody is on call in any step now. */
  readonly no_cover: boolean;
  readonly version: number;
}

export interface PatientIn {
  readonly name: string;
  readonly birth_date: string;
  readonly identifier: string;
}

/** What became of one alert on one channel; instants or null. */
export interface Notification {
  readonly person: string | null;
  readonly name: string | null;
  readonly step: number;
  readonly channel: string;
  /** How far the message is, where the channel is e-mail, sms or voice. */
  readonly state: 'queued' | 'sent' | 'delivered' | 'failed' | null;
  /** Null while no device of the person is connected. */
  readonly device: string | null;
  /** Whether it would sound there. */
  readonly ready: boolean;
  readonly notified_at: string;
  readonly delivered_at: string | null;
  readonly seen_at: string | null;
  readonly outcome: string | null;
}

/** One guard.* event of the room's timeline. */
export interface LogEntry {
  readonly at: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly person_name: string | null;
}

export const VERDICTS = ['justified', 'not_justified', 'alternative'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What the radiologist says before the exam: the protocol, the reason, or what to do instead. */
export interface Justification {
  readonly verdict: Verdict;
  readonly text: string;
  readonly by: Person;
  readonly at: string;
}

export interface GuardRequest {
  readonly id: string;
  readonly room: string;
  readonly service: string;
  readonly service_name: string;
  readonly modality: string;
  readonly state: RequestState;
  readonly priority: Priority;
  readonly patient: PatientIn & { readonly id: string };
  readonly question: string;
  readonly age: number | null;
  readonly allergy: string | null;
  readonly creatinine: string | null;
  readonly call_back: string;
  readonly wants_call: boolean;
  /** The exam waits until the radiologist says whether it is done. */
  readonly justify_first: boolean;
  readonly justification: Justification | null;
  /** When the ward did the exam that had waited. */
  readonly exam_done_at: string | null;
  readonly requester: Person;
  readonly organisation_name: string | null;
  readonly created_at: string;
  /** Counts from 1; 0 before the first step fired. */
  readonly step: number;
  /** When the next step is due. */
  readonly next_at: string | null;
  readonly accepted_by: Person | null;
  readonly accepted_at: string | null;
  /** Whom the case was offered to, who may accept it too. */
  readonly referred_to: string | null;
  readonly report: string | null;
  readonly report_state: string | null;
  /** What nobody heard of yet: a critical finding, or the final report. */
  readonly unheard: 'critical' | 'report' | null;
  /** How often somebody was reminded of it. */
  readonly hear_round: number;
  /** Who was told beside those who owe it; may acknowledge too. */
  readonly hear_to: Person | null;
  readonly no_cover: boolean;
  readonly phone: string;
  readonly notifications: readonly Notification[];
  readonly log: readonly LogEntry[];
  readonly version: number;
}

export interface NewGuardRequest {
  readonly service: string;
  readonly priority: Priority;
  readonly patient: PatientIn;
  readonly question: string;
  readonly age?: number;
  readonly allergy?: string;
  readonly creatinine?: string;
  readonly call_back: string;
  readonly wants_call: boolean;
  readonly justify_first?: boolean;
}

/** What must sound for me now. */
export interface GuardAlert {
  readonly request: string;
  readonly room: string;
  readonly priority: Priority;
  readonly service_name: string;
  readonly step: number;
  readonly alerted_at: string;
  readonly silent_on: readonly string[];
}

/** A case that changes hands with the guard. */
export interface OpenCase {
  readonly id: string;
  readonly number: number;
  readonly service_name: string;
  readonly priority: Priority;
  readonly state: RequestState;
  readonly question: string;
  readonly created_at: string;
}

export interface HandOver {
  readonly id: string;
  readonly rota: string;
  readonly rota_name: string;
  readonly outgoing: Person;
  readonly incoming: Person;
  readonly state: 'offered' | 'accepted' | 'refused' | 'withdrawn';
  readonly cases: readonly OpenCase[];
}

/** Hand-overs that wait, and the guards the caller has. */
export interface HandOvers {
  readonly items: readonly HandOver[];
  readonly guards: readonly {
    readonly rota: string;
    readonly rota_name: string;
    readonly until: string | null;
    readonly next: Person | null;
    readonly cases: readonly OpenCase[];
  }[];
}
