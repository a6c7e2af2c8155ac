/** REST shapes of docs/protocol.md §2–3 that only screens outside a room use. */

export const ROLES = [
  'specialist',
  'radiologist',
  'nurse',
  'gp',
  'case_manager',
  'booking_clerk',
  'psychologist',
  'technician',
  'integrator',
  'administrator',
] as const;
export type OrganisationRole = (typeof ROLES)[number];

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface RoleAssignment {
  readonly organisation: string;
  readonly organisation_name: string;
  readonly role: OrganisationRole;
}

export interface Me {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly profession: string;
  readonly locale: string;
  readonly demo: boolean;
  readonly has_totp: boolean;
  readonly enrolment_required: boolean;
  readonly roles: readonly RoleAssignment[];
  readonly is_administrator: boolean;
}

export type UserStatus = 'pending' | 'active' | 'suspended' | 'rejected';

export interface User extends Me {
  readonly status: UserStatus;
  readonly registered_at: string;
  readonly registration_number?: string | null;
  readonly organisation?: string | null;
}

export interface SessionAnswer {
  readonly access_token: string;
  readonly expires_in: number;
  readonly user: Me;
  readonly enrolment_required?: boolean;
}

export interface Organisation {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly demo: boolean;
}

export interface Colleague {
  readonly id: string;
  readonly name: string;
  readonly profession: string;
  readonly organisation_name: string | null;
}

export interface TotpStart {
  readonly secret: string;
  readonly uri: string;
  readonly qr_svg: string;
}

export interface Invitation {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly expires_at: string;
  readonly used_at: string | null;
  readonly revoked_at?: string | null;
  readonly link?: string;
}

export interface AuditEntry {
  readonly n: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface AuditPage {
  readonly items: readonly AuditEntry[];
  /** Of the accounts among actors and subjects, by id. */
  readonly names: Readonly<Record<string, string>>;
  readonly next: number | null;
}
