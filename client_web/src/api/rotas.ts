/** *Rota* of docs/protocol.md. */

import type { Person } from './threads';

export interface Shift {
  readonly start: string;
  readonly end: string;
  readonly member: Person | null;
  readonly override: string | null;
}

export interface Rotation {
  readonly anchor: string;
  readonly hour: number;
  readonly minute: number;
  readonly period_days: number;
  readonly period_hours: number | null;
  readonly members: readonly Person[];
}

/** Hours of kinds of day: 0 Monday … 6 Sunday, 7 a holiday. */
export interface Restriction {
  readonly days: readonly number[];
  readonly start: string;
  readonly end: string;
}

export interface Layer {
  readonly name: string;
  readonly rotation: Rotation;
  readonly restrictions: readonly Restriction[];
}

export interface Rota {
  readonly id: string;
  readonly organisation: string;
  readonly organisation_name: string;
  readonly name: string;
  readonly role: string;
  readonly zone: string;
  readonly phone: string;
  readonly layers: readonly Layer[];
  readonly holidays: readonly string[];
  readonly overrides: readonly {
    readonly id: string;
    readonly start: string;
    readonly end: string;
    readonly member: Person;
    readonly temporary: boolean;
  }[];
  readonly second: string | null;
  readonly second_name: string | null;
  readonly on_call: Person | null;
  readonly until: string | null;
  readonly gaps: readonly Shift[];
  readonly may_edit: boolean;
  readonly version: number;
}

/** Everybody its layers name, once. */
export function membersOf({ layers }: Rota): Person[] {
  const named = layers.flatMap((layer) => layer.rotation.members);
  return [...new Map(named.map((one) => [one.id, one])).values()];
}

export interface Quality {
  readonly gap_count: number;
  readonly gap_hours: number;
  readonly overlap_count: number;
  readonly overlaps: readonly {
    readonly start: string;
    readonly end: string;
    readonly member: Person;
    readonly rota: string;
    readonly rota_name: string;
  }[];
  /** How much more than the mean the most burdened has, as a share of it. */
  readonly imbalance: number;
  readonly loads: readonly {
    readonly member: Person;
    readonly hours: number;
    readonly nights: number;
    readonly days_off: number;
    readonly reachable: boolean;
  }[];
}

interface Stretch {
  readonly start: string;
  readonly end: string;
}

/** *ShiftRequest* of docs/protocol.md: a swap where `taken` is there, else a cover. */
export interface ShiftRequest {
  readonly id: string;
  readonly asker: Person;
  readonly asked: Person;
  readonly given: Stretch;
  readonly taken: Stretch | null;
  readonly note: string;
  readonly state: 'open' | 'accepted' | 'declined' | 'withdrawn' | 'expired';
  readonly may_answer: boolean;
  readonly may_withdraw: boolean;
}

/** A stretch that becomes another's; nobody's where it is null. */
export interface RosterChange extends Stretch {
  readonly former: Person | null;
  readonly coming: Person | null;
}

/** What taking a roster in does. */
export interface RosterTaken {
  readonly added: number;
  readonly removed: number;
  readonly changes: readonly RosterChange[];
}
