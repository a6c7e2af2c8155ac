import type { Report } from './reports';

export interface Patient {
  readonly id: string;
  readonly name: string;
  readonly birth_date: string;
  readonly identifier: string;
}

export interface Person {
  readonly id: string;
  readonly name: string;
}

export interface StudyLine {
  readonly id: string;
  readonly room: string;
  readonly organisation: string;
  readonly title: string;
  readonly question: string;
  readonly urgent: boolean;
  readonly state: 'open' | 'assigned' | 'reported';
  readonly requester: Person;
  readonly assignee: Person | null;
  readonly gp: string | null;
  readonly consent: boolean;
  readonly consent_at: string | null;
  readonly created_at: string;
  readonly changed_at: string;
  readonly reported_at: string | null;
  readonly patient: Patient;
}

export type Verdict = 'match' | 'other-patient' | 'other-birth-date' | 'unnamed';

export interface Images {
  readonly instances: number;
  readonly series: number;
  readonly unchecked: number;
  readonly mismatched: readonly { readonly document: string; readonly verdict: Verdict }[];
}

export interface Pull {
  readonly id: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly expected: number;
  readonly received: number;
  readonly refused: number;
  readonly missing: number;
  readonly failure: string | null;
  readonly created_at: string;
}

/** *Study* of docs/protocol.md; the report's words only as signed. */
export interface Study extends StudyLine {
  readonly standing: 'site' | 'radiologist' | 'reader';
  readonly images: Images;
  readonly gp_name: string | null;
  readonly report: Report | null;
  readonly pulls: readonly Pull[];
}

export interface ResultLink {
  readonly id: string;
  readonly created_at: string;
  readonly expires_at: string;
  readonly used_at: string | null;
  readonly revoked_at: string | null;
  readonly tries: number;
}

export interface SharedLink extends ResultLink {
  readonly link: string;
  readonly pin: string;
}

/** What a patient reads by a link. */
export interface Result {
  readonly title: string;
  readonly organisation: string;
  readonly state: string;
  readonly findings: string;
  readonly conclusion: string;
  readonly signatures: readonly {
    readonly name: string;
    readonly qualification: string;
    readonly at: string;
  }[];
  readonly addenda: readonly {
    readonly text: string;
    readonly name: string;
    readonly at: string;
  }[];
  readonly reading: string;
  readonly until: string;
}

export interface PacsPlace {
  readonly id: string;
  readonly name: string;
}

export interface PacsEndpoint extends PacsPlace {
  readonly organisation: string;
  readonly url: string;
  readonly username: string | null;
}

export interface RemoteStudy {
  readonly uid: string;
  readonly description: string;
  readonly modalities: readonly string[];
  readonly study_date: string;
  readonly instances: number;
}
