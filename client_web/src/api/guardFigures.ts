/** REST shapes of the guard's figures (docs/protocol.md). */

export const MEASURES = ['deliver', 'see', 'accept', 'join', 'report'] as const;
export type Measure = (typeof MEASURES)[number];

/** Seconds; without a target `within`, `of` and `share` are null. */
export interface GuardTimes {
  readonly measure: Measure;
  readonly count: number;
  readonly p50_s: number | null;
  readonly p90_s: number | null;
  readonly within: number | null;
  readonly of: number | null;
  readonly share: number | null;
}

export interface GuardGroup {
  readonly key: string;
  readonly name: string;
  readonly requests: number;
  readonly times: readonly GuardTimes[];
}

export interface GuardLoad {
  readonly person: string;
  readonly name: string;
  readonly accepted: number;
  readonly at_night: number;
  readonly night_share: number | null;
  readonly reported: number;
  readonly hours: number;
  readonly nights: number;
}

export interface GuardFigures {
  readonly first: string;
  readonly last: string;
  readonly all: GuardGroup;
  readonly services: readonly GuardGroup[];
  readonly sites: readonly GuardGroup[];
  readonly hours: readonly GuardGroup[];
  readonly priorities: readonly GuardGroup[];
  readonly people: readonly GuardLoad[];
}
