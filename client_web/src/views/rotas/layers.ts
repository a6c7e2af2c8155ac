import type { Layer } from '../../api/rotas';
import type { Person } from '../../api/threads';

/** The kind of day that a holiday is, beside 0 Monday … 6 Sunday. */
export const HOLIDAY = 7;

/** A layer as a form holds it. */
export interface LayerDraft {
  key: number;
  name: string;
  anchor: string;
  time: string;
  period: string;
  unit: 'days' | 'hours';
  members: readonly Person[];
  restrictions: { days: number[]; start: string; end: string }[];
}

let last = 0;

/** The form's copy of a layer; without one, an empty layer from a day on. */
export function draftOf(layer: Layer | null, today: string): LayerDraft {
  const rotation = layer?.rotation;
  const two = (value: number) => String(value).padStart(2, '0');
  return {
    key: (last += 1),
    name: layer?.name ?? '',
    anchor: rotation?.anchor ?? today,
    time: `${two(rotation?.hour ?? 8)}:${two(rotation?.minute ?? 0)}`,
    period: String(rotation?.period_hours ?? rotation?.period_days ?? 7),
    unit: rotation?.period_hours ? 'hours' : 'days',
    members: rotation?.members ?? [],
    restrictions: (layer?.restrictions ?? []).map((one) => ({ ...one, days: [...one.days] })),
  };
}

/** What the API takes. */
export function layerOf({ name, anchor, time, period, unit, members, restrictions }: LayerDraft) {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  const turn =
    unit === 'hours' ? { period_hours: Number(period) } : { period_days: Number(period) };
  return {
    name: name.trim(),
    rotation: { anchor, hour, minute, ...turn, members: members.map(({ id }) => id) },
    restrictions,
  };
}
