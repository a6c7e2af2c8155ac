import { describe, expect, it } from 'vitest';

import type { ContactMethod } from '../../src/api/contacts';
import { delayParts, DELAYS_S, delaysFor, inputOf, standingOf } from '../../src/views/account/contacts';

function method(changes: Partial<ContactMethod> = {}): ContactMethod {
  return {
    id: 'm',
    kind: 'sms',
    value: '+393335550101',
    after_s: 0,
    enabled: true,
    ready: true,
    proved_at: '2026-11-22T03:00:00.000Z',
    used_at: '2026-11-22T03:00:00.000Z',
    error: null,
    code_until: null,
    ...changes,
  };
}

describe('a contact', () => {
  it('says the most pressing thing about itself', () => {
    expect(standingOf(method())).toBe('ready');
    expect(standingOf(method({ ready: false }))).toBe('proved');
    expect(standingOf(method({ error: 'refused', ready: false }))).toBe('failing');
    expect(standingOf(method({ enabled: false, error: 'refused' }))).toBe('off');
    expect(standingOf(method({ proved_at: null, enabled: false }))).toBe('unproved');
  });

  it('offers the usual waits, and keeps an unusual one', () => {
    expect(delaysFor(60)).toEqual(DELAYS_S);
    expect(delaysFor(45)).toEqual([0, 30, 45, 60, 120, 300, 600]);
  });

  it('says waits in whole minutes where they are', () => {
    expect(delayParts(0)).toEqual({ unit: 'now', count: 0 });
    expect(delayParts(45)).toEqual({ unit: 'seconds', count: 45 });
    expect(delayParts(300)).toEqual({ unit: 'minutes', count: 5 });
  });

  it('asks for the right keyboard', () => {
    expect(inputOf('email').type).toBe('email');
    expect(inputOf('voice')).toEqual({ type: 'tel', autocomplete: 'tel' });
  });
});
