import { describe, expect, it } from 'vitest';

import type { Shift } from '../../src/api/rotas';
import { daysOf, midnights, moved } from '../../src/views/rotas/week';

const ROME = 'Europe/Rome';
const HOUR = 3_600_000;

function shift(start: string, end: string, name: string | null = null): Shift {
  const member = name === null ? null : { id: name, name };
  return { start, end, member, override: null };
}

describe('the week of a rota', () => {
  it('begins on Monday at midnight of its own zone, with days of 23 and 25 hours', () => {
    const spring = midnights(new Date('2026-03-27T12:00:00Z'), ROME, 0);
    expect(spring[0]?.toISOString()).toBe('2026-03-22T23:00:00.000Z');
    const hours = (edges: Date[]) =>
      edges.slice(1).map((end, at) => (end.getTime() - (edges[at] ?? end).getTime()) / HOUR);
    expect(hours(spring)).toEqual([24, 24, 24, 24, 24, 24, 23]);
    const autumn = midnights(new Date('2026-10-18T12:00:00Z'), ROME, 1);
    expect(hours(autumn)).toEqual([24, 24, 24, 24, 24, 24, 25]);
  });

  const edges = midnights(new Date('2026-06-03T12:00:00Z'), ROME, 0);
  const days = daysOf(
    [
      shift('2026-05-31T22:00:00Z', '2026-06-02T06:00:00Z', 'Rita'),
      shift('2026-06-02T06:00:00Z', '2026-06-02T18:00:00Z'),
      shift('2026-06-02T18:00:00Z', '2026-06-07T22:00:00Z', 'Rocco'),
    ],
    edges,
  );

  it('cuts shifts at midnight and leaves no time out', () => {
    expect(days.map((day) => day.cells.length)).toEqual([1, 3, 1, 1, 1, 1, 1]);
    for (const day of days) {
      expect(day.cells[0]?.start).toEqual(day.start);
      expect(day.cells.at(-1)?.end).toEqual(day.end);
    }
  });

  it('is walked by keyboard alone: along the day, to the same hour of another, to other weeks', () => {
    expect(moved(days, { day: 1, cell: 0 }, 'ArrowRight')).toEqual({ day: 1, cell: 1 });
    expect(moved(days, { day: 1, cell: 2 }, 'ArrowRight')).toEqual({ day: 1, cell: 2 });
    expect(moved(days, { day: 1, cell: 0 }, 'ArrowLeft')).toEqual({ day: 1, cell: 0 });
    expect(moved(days, { day: 1, cell: 1 }, 'End')).toEqual({ day: 1, cell: 2 });
    expect(moved(days, { day: 1, cell: 1 }, 'Home')).toEqual({ day: 1, cell: 0 });
    expect(moved(days, { day: 1, cell: 2 }, 'ArrowDown')).toEqual({ day: 2, cell: 0 });
    expect(moved(days, { day: 0, cell: 0 }, 'ArrowDown')).toEqual({ day: 1, cell: 0 });
    expect(moved(days, { day: 0, cell: 0 }, 'ArrowUp')).toBe('earlier');
    expect(moved(days, { day: 6, cell: 0 }, 'ArrowDown')).toBe('later');
    expect(moved(days, { day: 3, cell: 0 }, 'PageDown')).toBe('later');
    expect(moved(days, { day: 3, cell: 0 }, 'a')).toBeNull();
  });
});
