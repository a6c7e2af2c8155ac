import { describe, expect, it } from 'vitest';

import { Attempt } from '../../src/api/attempt';
import { agendaOf, nowOf } from '../../src/app/rooms';
import type { Room } from '../../src/protocol/types';
import { hueOf, initials } from '../../src/ui/initials';

const now = new Date('2026-11-22T10:00:00Z');
const room = (id: string, more: Partial<Room>): Room =>
  ({ id, state: 'open', people_present: 0, unread: 0, ...more }) as Room;
const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000).toISOString();
const ask = (...rooms: Room[]) => {
  const answer = nowOf(agendaOf(rooms), now);
  return answer.kind === 'nothing' ? 'nothing' : `${answer.kind} ${answer.room.id}`;
};

const soon = room('soon', { state: 'scheduled', scheduled_at: at(10) });
const later = room('later', { state: 'scheduled', scheduled_at: at(300) });
const unread = room('unread', { unread: 3 });
const attended = room('attended', { people_present: 1 });
const crowded = room('crowded', { people_present: 4 });
const closed = room('closed', { state: 'closed', unread: 9 });

describe('nowOf', () => {
  it('puts people who wait before everything', () => {
    expect(ask(unread, soon, attended, crowded)).toBe('waiting crowded');
  });

  it('counts people who came early to an appointment', () => {
    expect(ask(unread, { ...later, people_present: 1 })).toBe('waiting later');
  });

  it('then an appointment at hand, unread words, the next appointment', () => {
    expect(ask(unread, later, soon)).toBe('soon soon');
    expect(ask(later, unread)).toBe('unread unread');
    expect(ask(later, closed)).toBe('next later');
  });

  it('leaves closed rooms in peace', () => {
    expect(ask(closed)).toBe('nothing');
  });
});

describe('agendaOf', () => {
  it('orders appointments by time, those without one last', () => {
    const open = room('undated', { state: 'scheduled', scheduled_at: null });
    expect(agendaOf([open, later, soon]).scheduled.map(({ id }) => id)).toEqual([
      'soon',
      'later',
      'undated',
    ]);
  });
});

describe('initials', () => {
  it.each([
    ['Dott.ssa Giulia Ferrari', 'GF'],
    ['Dr. Jean-Luc de la Tour', 'JT'],
    ['Madonna', 'M'],
    ['Élodie', 'É'],
    ['', ''],
  ])('%s → %s', (name, letters) => {
    expect(initials(name)).toBe(letters);
  });

  it('keeps a person’s hue', () => {
    expect(hueOf('p1', 6)).toBe(hueOf('p1', 6));
    expect(hueOf('p1', 6)).toBeLessThan(6);
  });
});

describe('Attempt', () => {
  it('keeps the key for the same body and changes it with the body', () => {
    const attempt = new Attempt();
    const first = attempt.keyFor({ title: 'a' });
    expect(attempt.keyFor({ title: 'a' })).toBe(first);
    expect(attempt.keyFor({ title: 'b' })).not.toBe(first);
  });

  it('makes a new key after success', () => {
    const attempt = new Attempt();
    const first = attempt.keyFor({ title: 'a' });
    attempt.done();
    expect(attempt.keyFor({ title: 'a' })).not.toBe(first);
  });
});
