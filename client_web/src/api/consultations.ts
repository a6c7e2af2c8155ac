/** Shapes of *Consultation* and *Slot* of docs/protocol.md. */

export interface Named {
  readonly id: string;
  readonly name: string;
}

export interface Slot {
  readonly id: string;
  readonly centre: Named;
  readonly expert: Named;
  readonly starts_at: string;
  readonly minutes: number;
  readonly is_free: boolean;
  readonly consultation: string | null;
}

export interface Expert extends Named {
  readonly centre: Named;
}

export type ConsultationState =
  'described' | 'requested' | 'confirmed' | 'declined' | 'supplement' | 'concluded' | 'cancelled';

export const OUTCOMES = ['eligible', 'not_eligible', 'data_missing'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Appointment {
  readonly slot: string;
  readonly centre: Named;
  readonly expert: Named;
  readonly starts_at: string;
  readonly minutes: number;
}

export interface ConsultationSummary {
  readonly id: string;
  readonly room: string;
  readonly title: string;
  readonly state: ConsultationState;
  readonly round: number;
  readonly requester: Named;
  readonly patient: Named & { readonly birth_date: string; readonly identifier: string };
  readonly appointment: Appointment | null;
  readonly outcome: Outcome | null;
  readonly created_at: string;
}

export interface Step {
  readonly move:
    | 'described'
    | 'supplemented'
    | 'booked'
    | 'released'
    | 'lapsed'
    | 'confirmed'
    | 'declined'
    | 'concluded'
    | 'cancelled';
  readonly at: string;
  readonly by: Named;
  readonly note: string;
}

export interface Doctor {
  readonly person: string;
  readonly name: string;
  readonly qualification: string;
  readonly organisation: string;
  readonly is_expert: boolean;
  readonly opinion: 'missing' | 'draft' | 'signed';
}

interface Signature {
  readonly name: string;
  readonly qualification: string;
  readonly at: string;
  readonly sha256: string;
}

export interface Opinion {
  readonly doctor: string;
  readonly round: number;
  readonly text: string;
  readonly position: Outcome | null;
  readonly signature: Signature | null;
}

export interface Synthesis {
  readonly round: number;
  readonly text: string;
  readonly disagreement: string;
  readonly outcome: Outcome | null;
  readonly signature: Signature | null;
}

export type Power =
  | 'book'
  | 'supplement'
  | 'cancel'
  | 'release'
  | 'confirm'
  | 'decline'
  | 'invite'
  | 'opinion'
  | 'synthesis'
  | 'join'
  | 'calendar'
  | 'pdf';

export interface Consultation extends ConsultationSummary {
  readonly diagnosis: string;
  readonly question: string;
  readonly prior_treatment: string;
  readonly documents_open: boolean;
  readonly is_near: boolean;
  readonly steps: readonly Step[];
  readonly doctors: readonly Doctor[];
  readonly opinions: readonly Opinion[];
  readonly syntheses: readonly Synthesis[];
  readonly may: readonly Power[];
}
