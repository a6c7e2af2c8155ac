import { PRIORITIES, type GuardCancel, type Priority } from '../protocol/alerts';

/** How an alarm ended on this device. */
export type Outcome =
  | { readonly kind: 'mine' }
  | { readonly kind: 'taken'; readonly by: string }
  | { readonly kind: 'withdrawn'; readonly by: string }
  | { readonly kind: 'over' };

/** One guard request that rings, or just stopped ringing, on this device. */
export interface Alarm {
  readonly request: string;
  readonly room: string;
  readonly service_name: string;
  readonly priority: Priority;
  readonly step: number;
  readonly at: string;
  /** In quiet hours what can wait is there without a sound. */
  readonly silent: boolean;
  /** Epoch ms until which it keeps quiet; 0 when it sounds. */
  readonly quiet_until: number;
  readonly outcome: Outcome | null;
}

export type Ring = Omit<Alarm, 'quiet_until' | 'outcome'>;

/** An alert came: a new alarm, or a further step of one, which sounds again. */
export function rung(alarms: readonly Alarm[], ring: Ring): readonly Alarm[] {
  const known = alarms.find((one) => one.request === ring.request);
  if (known && known.outcome === null && known.step === ring.step) {
    if (known.silent === ring.silent) return alarms;
    return alarms.map((one) => (one === known ? { ...one, silent: ring.silent } : one));
  }
  const fresh: Alarm = { ...ring, quiet_until: 0, outcome: null };
  return [...alarms.filter((one) => one !== known), fresh];
}

/** How what the server says of its end reads to this person; namesakes are told apart. */
export function ending({ code, by }: GuardCancel, me: string): Outcome {
  if (code === 'taken' && by?.id === me) return { kind: 'mine' };
  if (code === 'taken') return { kind: 'taken', by: by?.name ?? '' };
  if (code === 'cancelled' && by) return { kind: 'withdrawn', by: by.name };
  return { kind: 'over' };
}

/** It rings no more; what ended already stays so, but for the news that it is mine after all. */
export function settled(
  alarms: readonly Alarm[],
  request: string,
  outcome: Outcome,
): readonly Alarm[] {
  return alarms.map((one) =>
    one.request === request && (one.outcome === null || outcome.kind === 'mine')
      ? { ...one, outcome }
      : one,
  );
}

/** What the server says must sound: the rest has ended without our hearing of it. */
export function reconciled(alarms: readonly Alarm[], rings: readonly Ring[]): readonly Alarm[] {
  const wanted = new Set(rings.map(({ request }) => request));
  const kept = alarms.filter((one) => one.outcome !== null || wanted.has(one.request));
  return rings.reduce(rung, kept);
}

export function quietened(
  alarms: readonly Alarm[],
  request: string,
  until: number,
): readonly Alarm[] {
  return alarms.map((one) => (one.request === request ? { ...one, quiet_until: until } : one));
}

export function dismissed(alarms: readonly Alarm[], request: string): readonly Alarm[] {
  return alarms.filter((one) => one.request !== request);
}

/** Those that ring, the most urgent and then the oldest first. */
export function ringing(alarms: readonly Alarm[], now: number): readonly Alarm[] {
  return alarms
    .filter((one) => one.outcome === null && !one.silent && one.quiet_until <= now)
    .sort((left, right) => rank(left) - rank(right) || left.at.localeCompare(right.at));
}

/** The one to look at: just accepted here, else what rings, else what others took. */
export function foremost(alarms: readonly Alarm[], now: number): Alarm | null {
  const mine = alarms.find((one) => one.outcome?.kind === 'mine');
  const taken = alarms.findLast((one) => one.outcome !== null);
  return mine ?? ringing(alarms, now)[0] ?? taken ?? null;
}

function rank({ priority }: Alarm): number {
  return PRIORITIES.indexOf(priority);
}
