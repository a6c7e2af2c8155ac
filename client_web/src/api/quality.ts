/** REST shapes of the quality record (docs/protocol.md). */

import type { LinkPath } from '../protocol/types';

export interface QualityMinute {
  readonly at: string;
  readonly score: number;
  readonly score_min: number;
  readonly loss_up: number | null;
  readonly loss_down: number | null;
  readonly jitter_ms: number | null;
  readonly rtt_ms: number | null;
  readonly kbps_up: number;
  readonly kbps_down: number;
  readonly height_up: number | null;
  readonly height_down: number | null;
  readonly freezes: number;
  readonly frozen_s: number;
  readonly path: LinkPath | null;
}

export interface CallRecord {
  readonly call: string;
  readonly people: readonly {
    readonly person: string;
    readonly name: string | null;
    readonly site: string | null;
    readonly minutes: readonly QualityMinute[];
  }[];
}

export interface RoomRecord {
  readonly calls: readonly {
    readonly call: string;
    readonly begun_at: string;
    readonly ended_at: string;
  }[];
  readonly shown: CallRecord | null;
}

export interface CallSummary {
  readonly call: string;
  readonly kind: string;
  readonly begun_at: string;
  readonly ended_at: string;
  readonly people: number;
  readonly minutes: number;
  readonly poor_minutes: number;
  readonly score: number;
  readonly score_min: number;
  readonly loss: number | null;
  readonly rtt_ms: number | null;
  readonly freezes: number;
  readonly frozen_s: number;
}

export interface PathShare {
  readonly site: string | null;
  readonly site_name: string | null;
  readonly path: LinkPath | null;
  readonly minutes: number;
  readonly poor_minutes: number;
  readonly score: number;
  readonly loss: number | null;
  readonly rtt_ms: number | null;
}
