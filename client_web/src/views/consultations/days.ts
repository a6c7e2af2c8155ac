import type { Slot } from '../../api/consultations';

export interface Day {
  /** Of the reader's calendar, `2026-11-24`. */
  readonly key: string;
  readonly at: Date;
  readonly slots: readonly Slot[];
}

/** Slots by the reader's local day, in the order given. */
export function byDay(slots: readonly Slot[]): readonly Day[] {
  const days = new Map<string, Slot[]>();
  for (const slot of slots) {
    const key = dayKey(new Date(slot.starts_at));
    days.set(key, [...(days.get(key) ?? []), slot]);
  }
  return [...days].map(([key, each]) => ({
    key,
    at: new Date(each[0]?.starts_at ?? ''),
    slots: each,
  }));
}

function dayKey(at: Date): string {
  const [month, day] = [at.getMonth() + 1, at.getDate()].map((n) => String(n).padStart(2, '0'));
  return `${at.getFullYear()}-${month}-${day}`;
}
