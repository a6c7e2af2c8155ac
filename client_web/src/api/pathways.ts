/** Shapes of docs/protocol.md on follow-up after discharge. */

export type VisitMode = 'in_person' | 'video';
export type Performer = 'hospital' | 'gp';
export type VisitState = 'planned' | 'booked' | 'done' | 'missed' | 'overdue' | 'cancelled';
export type PathwayAbility = 'book' | 'record' | 'steer' | 'acknowledge' | 'visit';
export type WaitingList = 'overdue' | 'soon' | 'record' | 'gp';

export interface Offset {
  readonly count: number;
  readonly unit: 'days' | 'months';
}

export interface TemplateStep {
  readonly title: string;
  readonly offset: Offset;
  readonly early_days: number;
  readonly late_days: number;
  readonly mode: VisitMode;
  readonly performer: Performer;
  readonly specialty: string | null;
}

export interface PathwayTemplate {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  readonly steps: readonly TemplateStep[];
  readonly created_at: string;
  readonly retired_at: string | null;
}

export interface PathwayPatient {
  readonly id: string;
  readonly name: string;
  readonly birth_date: string;
  readonly identifier: string;
}

export interface PathwayRow {
  readonly id: string;
  readonly code: string;
  readonly title: string;
  readonly room: string;
  readonly state: 'open' | 'closed';
  readonly hospital: string;
  readonly hospital_name: string;
  readonly responsible: string;
  readonly responsible_name: string;
  readonly discharged_on: string;
  readonly opened_at: string;
  readonly closed_at: string | null;
  readonly patient: PathwayPatient;
  readonly visits_count: number;
  readonly visits_done: number;
  readonly visits_overdue: number;
}

/** Days are civil days (`2026-11-22`), instants RFC 3339. */
export interface Visit {
  readonly id: string;
  readonly title: string;
  readonly mode: VisitMode;
  readonly performer: Performer;
  readonly specialty: string | null;
  readonly target: string;
  readonly first: string;
  readonly last: string;
  readonly state: VisitState;
  readonly appointment: string | null;
  readonly place: string | null;
  readonly reason: string | null;
  readonly taken_at: string | null;
  readonly held_on: string | null;
  readonly overdue_at: string | null;
  readonly on_time: boolean | null;
}

export interface WaitingVisit extends Visit {
  readonly pathway: PathwayRow;
}

export interface PathwayHandover {
  readonly id: string;
  readonly origin_name: string;
  readonly target: string;
  readonly target_name: string;
  readonly summary: string;
  readonly offered_by_name: string;
  readonly offered_at: string;
  readonly acknowledged_by_name: string | null;
  readonly acknowledged_at: string | null;
}

export interface Pathway extends PathwayRow {
  readonly gp: string | null;
  readonly gp_name: string | null;
  readonly in_room: boolean;
  readonly may: readonly PathwayAbility[];
  readonly visits: readonly Visit[];
  readonly handover: PathwayHandover | null;
}

export interface PathwayFigure {
  readonly hospital: string;
  readonly hospital_name: string;
  readonly month: string;
  readonly due: number;
  readonly on_time: number;
  readonly late: number;
  readonly not_held: number;
}
