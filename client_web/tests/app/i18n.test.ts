import { describe, expect, it } from 'vitest';

import { byteSize, dayAndTime, localInputValue, relative } from '../../src/i18n/format';
import type { Catalogue } from '../../src/i18n/keys';
import { chosenLocale } from '../../src/i18n/locale';
import { translator } from '../../src/i18n/translator';
import { bound } from '../../src/i18n/typography';

/** Spaces that formatters like to make unbreakable are spaces here. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

describe('chosenLocale', () => {
  it('prefers the stored choice, then the browser, then English', () => {
    expect(chosenLocale('fr', ['it-IT'])).toBe('fr');
    expect(chosenLocale(null, ['de-DE', 'it-CH', 'fr'])).toBe('it');
    expect(chosenLocale('xx', ['de'])).toBe('en');
  });
});

describe('bound', () => {
  it('lets no line begin with high punctuation', () => {
    const french = { 'guard.now.exam': '{name} : « vu » ?' } as unknown as Catalogue;
    expect(bound(french)).toEqual({ 'guard.now.exam': '{name}\u00a0: «\u00a0vu\u00a0»\u00a0?' });
  });
});

describe('translator', () => {
  const translate = translator('en', {
    plain: 'Hello <b>{name}</b>',
    count: '{count, plural, one {# person} other {# people}}',
  });

  it('fills arguments and leaves markup as text', () => {
    expect(translate('plain', { name: '<i>' })).toBe('Hello <b><i></b>');
  });

  it('inflects', () => {
    expect(translate('count', { count: 1 })).toBe('1 person');
    expect(translate('count', { count: 3 })).toBe('3 people');
  });

  it('answers an unknown key with itself', () => {
    expect(translate('nope')).toBe('nope');
  });
});

describe('dayAndTime', () => {
  const now = new Date(2026, 2, 28, 10, 0);

  it('says today, tomorrow and yesterday', () => {
    expect(dayAndTime(new Date(2026, 2, 28, 15, 30), now, 'en')).toMatch(/^today, /);
    expect(dayAndTime(new Date(2026, 2, 29, 9, 0), now, 'it')).toBe('domani, 09:00');
    expect(dayAndTime(new Date(2026, 2, 27, 9, 0), now, 'fr')).toBe('hier, 09:00');
  });

  it('counts a day of 23 hours as one', () => {
    // In Europe the night before 29 March 2026 is an hour short.
    expect(dayAndTime(new Date(2026, 2, 30, 0, 10), new Date(2026, 2, 29, 0, 20), 'it')).toMatch(
      /^domani/,
    );
  });

  it('names the day further away, and the year when it is another', () => {
    expect(dayAndTime(new Date(2026, 3, 9, 9, 0), now, 'it')).toBe('gio 9 apr, 09:00');
    expect(dayAndTime(new Date(2027, 0, 4, 9, 0), now, 'it')).toContain('2027');
  });
});

describe('relative', () => {
  const now = new Date(2026, 0, 1, 12, 0);

  it.each([
    [12, 'in 12 minutes'],
    [-120, '2 hours ago'],
    [60 * 49, 'in 2 days'],
  ])('%i minutes is %s', (minutes, text) => {
    const shown = relative(new Date(now.getTime() + minutes * 60_000), now, 'en');
    expect(shown).toBe(text);
  });
});

describe('byteSize', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1500, '1.5 kB'],
    [4_200_000, '4.2 MB'],
    [5_000_000_000, '5 GB'],
    [7_000_000_000_000, '7,000 GB'],
  ])('%i is %s', (bytes, text) => {
    expect(plain(byteSize(bytes, 'en'))).toMatch(new RegExp(text.replace('bytes', 'bytes?')));
  });
});

it('writes an instant as its datetime-local field wants it', () => {
  expect(localInputValue(new Date(2026, 5, 3, 7, 5))).toBe('2026-06-03T07:05');
});
