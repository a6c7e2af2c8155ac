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
