import type { Shift } from '../../api/rotas';

/** A piece of a shift that lies within one day of the rota's wall clock. */
export interface Cell {
  readonly start: Date;
  readonly end: Date;
  readonly shift: Shift;
}

/** One day, from its midnight to the next; 23 and 25 hours are days too. */
export interface Day {
  readonly start: Date;
  readonly end: Date;
  readonly cells: readonly Cell[];
}

/** Where the keyboard is: which day, which of its cells. */
export interface Spot {
  readonly day: number;
  readonly cell: number;
}

export type Move = Spot | 'earlier' | 'later' | null;

const DAYS = 7;

/** The midnights of a week in a zone, Monday's first, and the one that ends it. */
export function midnights(at: Date, zone: string, weeksAhead: number): Date[] {
  const { year, month, day } = wall(at, zone);
  const weekday = (new Date(Date.UTC(year, month, day)).getUTCDay() + 6) % DAYS;
  const monday = day - weekday + weeksAhead * DAYS;
  return Array.from({ length: DAYS + 1 }, (_, ahead) =>
    instant(Date.UTC(year, month, monday + ahead), zone),
  );
}

/** Days with what of the shifts lies in each. */
export function daysOf(shifts: readonly Shift[], edges: readonly Date[]): Day[] {
  return edges.slice(1).map((end, index) => {
    const start = edges[index] ?? end;
    const cells = shifts
      .map((shift) => ({
        shift,
        start: new Date(Math.max(Date.parse(shift.start), start.getTime())),
        end: new Date(Math.min(Date.parse(shift.end), end.getTime())),
      }))
      .filter((cell) => cell.start < cell.end);
    return { start, end, cells };
  });
}

/** Where a key leads; null when it is not one of the grid's. */
export function moved(days: readonly Day[], { day, cell }: Spot, key: string): Move {
  const last = (days[day]?.cells.length ?? 1) - 1;
  switch (key) {
    case 'ArrowLeft':
      return { day, cell: Math.max(cell - 1, 0) };
    case 'ArrowRight':
      return { day, cell: Math.min(cell + 1, last) };
    case 'Home':
      return { day, cell: 0 };
    case 'End':
      return { day, cell: last };
    case 'ArrowUp':
      return day === 0 ? 'earlier' : beside(days, { day, cell }, day - 1);
    case 'ArrowDown':
      return day === days.length - 1 ? 'later' : beside(days, { day, cell }, day + 1);
    case 'PageUp':
      return 'earlier';
    case 'PageDown':
      return 'later';
    default:
      return null;
  }
}

/** The cell of another day that is under way at the same time of day. */
function beside(days: readonly Day[], from: Spot, to: number): Spot {
  const [here, there] = [days[from.day], days[to]];
  const start = here?.cells[from.cell]?.start;
  if (here === undefined || there === undefined || start === undefined) return { day: to, cell: 0 };
  const at = there.start.getTime() + (start.getTime() - here.start.getTime());
  const found = there.cells.findIndex((cell) => at < cell.end.getTime());
  return { day: to, cell: found < 0 ? there.cells.length - 1 : found };
}

function wall(at: Date, zone: string) {
  const parts = new Intl.DateTimeFormat('en-u-ca-iso8601', {
    timeZone: zone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  }).formatToParts(at);
  const read = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  return {
    year: read('year'),
    month: read('month') - 1,
    day: read('day'),
    hour: read('hour'),
    minute: read('minute'),
    second: read('second'),
  };
}

/** The instant at which a zone's clocks show what `local` would be in UTC. */
function instant(local: number, zone: string): Date {
  const offset = (at: number) => {
    const { year, month, day, hour, minute, second } = wall(new Date(at), zone);
    return Date.UTC(year, month, day, hour, minute, second) - at;
  };
  const guess = local - offset(local);
  return new Date(local - offset(guess));
}
