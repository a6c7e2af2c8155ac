/** *Rota* of docs/protocol.md. */

import type { Person } from './threads';

export interface Shift {
  readonly start: string;
  readonly end: string;
  readonly member: Person | null;
  readonly override: string | null;
}

export interface Rota {
  readonly id: string;
  readonly organisation: string;
  readonly organisation_name: string;
  readonly name: string;
  readonly role: string;
  readonly zone: string;
  readonly phone: string;
  readonly rotation: {
    readonly anchor: string;
    readonly hour: number;
    readonly period_days: number;
    readonly members: readonly Person[];
  };
  readonly overrides: readonly {
    readonly id: string;
    readonly start: string;
    readonly end: string;
    readonly member: Person;
  }[];
  readonly second: string | null;
  readonly second_name: string | null;
  readonly on_call: Person | null;
  readonly until: string | null;
  readonly gaps: readonly Shift[];
  readonly may_edit: boolean;
  readonly version: number;
}
