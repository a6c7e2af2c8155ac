/** Shapes of *Televisit* of docs/protocol.md. */

export type TelevisitState =
  | 'scheduled'
  | 'waiting'
  | 'identified'
  | 'in_progress'
  | 'report_pending'
  | 'closed'
  | 'cancelled'
  | 'not_attended';

export const GUESTS = ['patient', 'caregiver'] as const;
export type TelevisitGuest = (typeof GUESTS)[number];
export const MANNERS = ['spoken', 'written'] as const;
export type Manner = (typeof MANNERS)[number];
export const QUALITIES = ['good', 'fair', 'poor'] as const;
export type LinkQuality = (typeof QUALITIES)[number];

export interface TelevisitSummary {
  readonly id: string;
  readonly room: string;
  readonly title: string;
  readonly state: TelevisitState;
  readonly clinician: { readonly id: string; readonly name: string };
  readonly patient: {
    readonly id: string;
    readonly name: string;
    readonly birth_date: string;
    readonly identifier: string;
  };
  readonly reason: string;
  readonly starts_at: string;
  readonly duration_minutes: number;
  readonly arrived_at: string | null;
  readonly started_at: string | null;
  readonly concluded_at: string | null;
}

export interface Measured {
  readonly score: number;
  readonly rtt_ms: number;
  readonly loss: number;
}

export interface TelevisitLink {
  readonly invitation: string;
  readonly guest: TelevisitGuest;
  readonly name: string;
  readonly expires_at: string;
  readonly used_at: string | null;
  readonly revoked_at: string | null;
}

/** A new link: the only time it can be read. */
export interface NewTelevisitLink {
  readonly invitation: string;
  readonly guest: TelevisitGuest;
  readonly name: string;
  readonly expires_at: string;
  readonly link: string;
}

export type TelevisitPower =
  'link' | 'identify' | 'consent' | 'begin' | 'conclude' | 'cancel' | 'not-attended';

export interface Televisit extends TelevisitSummary {
  readonly identity: { by: string; at: string; document_seen: boolean } | null;
  readonly consent: {
    given: boolean;
    by: TelevisitGuest;
    how: Manner;
    recorded_by: string;
    at: string;
  } | null;
  readonly link_quality: LinkQuality | null;
  readonly suitable: boolean | null;
  readonly note: string;
  readonly measured: Measured | null;
  readonly report: string | null;
  readonly links: readonly TelevisitLink[];
  readonly guests: readonly {
    person: string;
    name: string;
    guest: TelevisitGuest | null;
    state: string;
  }[];
  readonly may: readonly TelevisitPower[];
}
