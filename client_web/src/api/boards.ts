/** *Board* and its parts of docs/protocol.md. */

export const SPECIALTIES = [
  'medical_oncology',
  'radiation_oncology',
  'surgery',
  'radiology',
  'pathology',
  'nuclear_medicine',
  'haematology',
  'gastroenterology',
  'pneumology',
  'urology',
  'gynaecology',
  'neurology',
  'otolaryngology',
  'dermatology',
  'geriatrics',
  'palliative_care',
  'general_practice',
  'psychology',
  'nursing',
  'pharmacy',
  'medical_physics',
  'coordination',
] as const;
export type Specialty = (typeof SPECIALTIES)[number];

export const CASE_STATES = [
  'waiting',
  'open',
  'decided',
  'postponed',
  'signed',
  'represented',
] as const;
export type CaseState = (typeof CASE_STATES)[number];
export type Guideline = 'inside' | 'outside';
export type Presence = 'whole' | 'part' | 'absent';

export interface Participant {
  readonly person: string;
  readonly name: string;
  readonly qualification: string;
  readonly specialty: Specialty;
}

export interface Attendee extends Participant {
  readonly presence: Presence;
}

export interface Quorum {
  readonly met: boolean;
  readonly needed: number;
  readonly specialties: readonly Specialty[];
  readonly attendees: readonly Attendee[];
}

export interface Sheet {
  readonly proposal: string;
  readonly guideline: Guideline | null;
  readonly reason: string;
  readonly reference: string;
  readonly next_step: string;
}

export interface Signature {
  readonly person: string;
  readonly name: string;
  readonly qualification: string;
  readonly at: string;
  readonly sha256: string;
}

export interface BoardPatient {
  readonly id: string;
  readonly name: string;
  readonly birth_date: string;
  readonly identifier: string;
}

export interface BoardCase {
  readonly id: string;
  readonly board: string;
  readonly position: number;
  readonly patient: BoardPatient;
  readonly question: string;
  readonly presenter: string;
  readonly informed_on: string | null;
  readonly state: CaseState;
  readonly opened_at: string | null;
  readonly closed_at: string | null;
  readonly sheet: Sheet;
  readonly version: number;
  readonly quorum: Quorum | null;
  readonly signature: Signature | null;
  readonly represents: string | null;
  readonly represented_as: string | null;
  readonly must_return: boolean;
  readonly is_signable: boolean;
}

interface Meeting {
  readonly id: string;
  readonly room: string;
  readonly title: string;
  readonly starts_at: string;
  readonly duration_minutes: number;
  readonly coordinator: string;
  readonly created_by: string;
  readonly participants: readonly Participant[];
}

export interface Board extends Meeting {
  readonly cases: readonly BoardCase[];
  readonly present: readonly string[];
  readonly live: Quorum | null;
}

export interface BoardLine extends Meeting {
  readonly cases: readonly CaseState[];
}

export interface Month {
  readonly month: string;
  readonly cases: number;
  readonly quorum_met: number;
  readonly quorum_rate: number | null;
  readonly signed: number;
  readonly returned: number;
  readonly outside: number;
  readonly specialties_mean: number | null;
  readonly specialties: Readonly<Partial<Record<Specialty, number>>>;
}
