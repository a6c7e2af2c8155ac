import { describe, expect, it } from 'vitest';

import { daysUntil, scaleOf, waitText } from '../../src/views/figures/waits';

describe('waits of the guard', () => {
  it('are written in the unit one reads', () => {
    expect(waitText(0.3, 'en')).toBe('0.3 sec');
    expect(waitText(179, 'en')).toBe('179 sec');
    expect(waitText(210, 'en')).toBe('3.5 min');
    expect(waitText(4 * 3600, 'en')).toBe('4 hr');
    expect(scaleOf(0, 'en').seconds).toBe(1);
  });

  it('count days with today among them', () => {
    expect(daysUntil(new Date(2026, 2, 1, 23), 2)).toEqual({
      from: '2026-02-28',
      to: '2026-03-01',
    });
    expect(daysUntil(new Date(2026, 0, 5), 365).from).toBe('2025-01-06');
  });
});
