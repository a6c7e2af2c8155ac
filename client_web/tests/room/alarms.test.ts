import { describe, expect, it } from 'vitest';

import {
  dismissed,
  ending,
  foremost,
  quietened,
  reconciled,
  ringing,
  rung,
  settled,
  type Alarm,
  type Ring,
} from '../../src/state/alarms';
import type { Priority } from '../../src/protocol/alerts';

const NOW = 1_000;

function ring(request: string, priority: Priority = 'urgent', step = 1, silent = false): Ring {
  const at = `2026-11-22T03:00:0${request.at(-1)}.000Z`;
  return { request, room: `room-${request}`, service_name: 'CT', priority, step, at, silent };
}

const rings = (...all: Ring[]): readonly Alarm[] => all.reduce(rung, [] as readonly Alarm[]);
const names = (alarms: readonly Alarm[]) => alarms.map(({ request }) => request);

describe('alarms', () => {
  it('ring the most urgent first, then the oldest', () => {
    const alarms = rings(ring('r3', 'routine'), ring('r2'), ring('r1'), ring('r4', 'emergency'));
    expect(names(ringing(alarms, NOW))).toEqual(['r4', 'r1', 'r2', 'r3']);
  });

  it('put one emergency before fifty routine requests', () => {
    const many = Array.from({ length: 50 }, (_, n) => ring(`many${n}`, 'routine'));
    expect(foremost(rings(...many, ring('r9', 'emergency')), NOW)?.request).toBe('r9');
  });

  it('are there without a sound in quiet hours, and sound when these end', () => {
    const quiet = rings(ring('r1', 'routine', 1, true), ring('r2', 'emergency'));
    expect(names(ringing(quiet, NOW))).toEqual(['r2']);
    expect(quiet).toHaveLength(2);
    expect(names(ringing(rung(quiet, ring('r1', 'routine')), NOW))).toEqual(['r2', 'r1']);
  });

  it('do not restart when the same step is told twice', () => {
    const quiet = quietened(rings(ring('r1')), 'r1', NOW + 1);
    expect(rung(quiet, ring('r1'))).toBe(quiet);
  });

  it('sound again at the next step, whoever kept them quiet', () => {
    const quiet = quietened(rings(ring('r1')), 'r1', NOW + 60_000);
    expect(ringing(quiet, NOW)).toEqual([]);
    expect(names(ringing(rung(quiet, ring('r1', 'urgent', 2)), NOW))).toEqual(['r1']);
  });

  it('come back when their quiet time is over', () => {
    const quiet = quietened(rings(ring('r1')), 'r1', NOW + 60_000);
    expect(names(ringing(quiet, NOW + 60_000))).toEqual(['r1']);
  });

  it('fall silent when answered, and say who won', () => {
    const alarms = settled(rings(ring('r1')), 'r1', { kind: 'taken', by: 'Rocco' });
    expect(ringing(alarms, NOW)).toEqual([]);
    expect(foremost(alarms, NOW)?.outcome).toEqual({ kind: 'taken', by: 'Rocco' });
    expect(settled(alarms, 'r1', { kind: 'over' })).toEqual(alarms);
    expect(settled(alarms, 'r1', { kind: 'mine' })[0]?.outcome).toEqual({ kind: 'mine' });
  });

  it('say who withdrew the request, and do not call that an acceptance', () => {
    const by = { id: 'n1', name: 'Nina' };
    const told = { request: 'r1', code: 'cancelled', by } as const;
    expect(ending(told, 'me')).toEqual({ kind: 'withdrawn', by: 'Nina' });
    expect(ending({ ...told, code: 'taken' }, 'me')).toEqual({ kind: 'taken', by: 'Nina' });
    expect(ending({ ...told, code: 'superseded' }, 'me')).toEqual({ kind: 'over' });
  });

  it('are mine only when I accepted, not when my namesake did', () => {
    const told = { request: 'r1', code: 'taken', by: { id: 'me', name: 'Anna' } } as const;
    expect(ending(told, 'me')).toEqual({ kind: 'mine' });
    expect(ending({ ...told, by: { id: 'other', name: 'Anna' } }, 'me').kind).toBe('taken');
  });

  it('show what was just accepted here before what rings', () => {
    const alarms = settled(rings(ring('r1'), ring('r2', 'emergency')), 'r1', { kind: 'mine' });
    expect(foremost(alarms, NOW)?.request).toBe('r1');
    expect(names(ringing(alarms, NOW))).toEqual(['r2']);
    expect(foremost(dismissed(alarms, 'r1'), NOW)?.request).toBe('r2');
  });

  it('ring again when a request that was taken comes back', () => {
    const taken = settled(rings(ring('r1')), 'r1', { kind: 'taken', by: 'Rocco' });
    expect(names(ringing(rung(taken, ring('r1')), NOW))).toEqual(['r1']);
  });

  it('agree with the server after a reconnection', () => {
    const before = settled(rings(ring('r1'), ring('r2'), ring('r3')), 'r3', { kind: 'mine' });
    const after = reconciled(before, [ring('r2'), ring('r4')]);
    expect(names(ringing(after, NOW))).toEqual(['r2', 'r4']);
    expect(names(after)).toContain('r3');
    expect(names(after)).not.toContain('r1');
  });

  it('leave nothing on the screen once dismissed', () => {
    expect(foremost(dismissed(rings(ring('r1')), 'r1'), NOW)).toBeNull();
  });
});
