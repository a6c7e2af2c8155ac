import type { OrganisationRole } from './types';

export type ReportKind = 'guard' | 'consultation' | 'televisit' | 'telereport';
export type ReportState = 'draft' | 'interim' | 'final';

export interface Signature {
  readonly person: string;
  readonly name: string;
  readonly qualification: string;
  readonly at: string;
  readonly version: number;
  readonly interim: boolean;
  readonly sha256: string;
}

export interface Critical {
  readonly id: string;
  readonly text: string;
  readonly added_at: string;
  readonly receiver: string | null;
  readonly told_at: string | null;
  readonly read_back: boolean;
}

export interface Addendum {
  readonly id: string;
  readonly text: string;
  readonly person: string;
  readonly name: string;
  readonly qualification: string;
  readonly at: string;
  readonly sha256: string;
}

/** *Report* of docs/protocol.md; others than the author receive the signed version. */
export interface Report {
  readonly id: string;
  readonly room: string;
  readonly kind: ReportKind;
  readonly subject: string;
  readonly patient: string | null;
  readonly title: string;
  readonly author: { readonly id: string; readonly name: string };
  readonly state: ReportState;
  readonly version: number;
  readonly signed_version: number | null;
  readonly findings: string;
  readonly conclusion: string;
  readonly attestation: string | null;
  readonly needs_attestation: boolean;
  readonly criticals: readonly Critical[];
  readonly signatures: readonly Signature[];
  readonly addenda: readonly Addendum[];
  readonly created_at: string;
  readonly changed_at: string;
}

const CLINICIANS: readonly OrganisationRole[] = ['specialist', 'radiologist', 'gp'];

/** Who may add to a final report; the server has the last word. */
export const AUTHORS: Readonly<Record<ReportKind, readonly OrganisationRole[]>> = {
  guard: ['radiologist'],
  telereport: ['radiologist'],
  consultation: CLINICIANS,
  televisit: [...CLINICIANS, 'psychologist', 'nurse', 'case_manager'],
};

/** Headings to write under; a built-in one has no organisation. */
export interface ReportTemplate {
  readonly id: string;
  readonly organisation: string | null;
  readonly name: string;
  /** `CT`, `MR` … or empty for any. */
  readonly modality: string;
  readonly findings: string;
  readonly conclusion: string;
  readonly changed_at: string | null;
  readonly version: number;
}
