import { parse, TYPE, type MessageFormatElement } from '@formatjs/icu-messageformat-parser';
import { describe, expect, it } from 'vitest';

import { LOCALES } from '../../src/i18n/locale';

type Catalogue = Record<string, string>;
const files = import.meta.glob<Catalogue>('../../messages/*/*.json', {
  eager: true,
  import: 'default',
});
const areas = [...new Set(Object.keys(files).map((path) => path.split('/').at(-2) ?? ''))];

function catalogue(area: string, locale: string): Catalogue {
  const found = files[`../../messages/${area}/${locale}.json`];
  if (found === undefined) throw new Error(`messages/${area}/${locale}.json is missing`);
  return found;
}

/** Names of a message's arguments with their kind, wherever they nest. */
function argumentsOf(elements: readonly MessageFormatElement[]): string[] {
  return elements.flatMap((element) => {
    if (element.type === TYPE.plural || element.type === TYPE.select) {
      const inner = Object.values(element.options).flatMap(({ value }) => argumentsOf(value));
      return [`${element.value}:${TYPE[element.type]}`, ...inner];
    }
    if (element.type === TYPE.tag) return argumentsOf(element.children);
    const isPlain = element.type === TYPE.literal || element.type === TYPE.pound;
    return isPlain ? [] : [`${element.value}:argument`];
  });
}

/** A count may be spelt out in one language and inflected in another: only names must agree. */
function names(message: string): string[] {
  const all = argumentsOf(parse(message, { ignoreTag: true })).map(
    (each) => each.split(':')[0] ?? '',
  );
  return [...new Set(all)].sort();
}

function pluralForms(elements: readonly MessageFormatElement[]): string[][] {
  return elements.flatMap((element) => {
    if (element.type !== TYPE.plural) return [];
    return [Object.keys(element.options)];
  });
}

describe.each(areas)('messages/%s', (area) => {
  const english = catalogue(area, 'en');

  it.each(LOCALES)('%s has every key and no other', (locale) => {
    expect(Object.keys(catalogue(area, locale)).sort()).toEqual(Object.keys(english).sort());
  });

  it.each(LOCALES)('%s parses, takes the same arguments, and says something', (locale) => {
    for (const [key, message] of Object.entries(catalogue(area, locale))) {
      expect(message.trim(), `${locale} ${key}`).not.toBe('');
      expect(names(message), `${locale} ${key}`).toEqual(names(english[key] ?? ''));
    }
  });

  it.each(LOCALES)('%s has each plural form of its language', (locale) => {
    const wanted = new Intl.PluralRules(locale).resolvedOptions().pluralCategories;
    for (const [key, message] of Object.entries(catalogue(area, locale))) {
      for (const forms of pluralForms(parse(message, { ignoreTag: true }))) {
        // `other` stands in for `many`, which only millions ask for.
        const missing = wanted.filter((form) => form !== 'many' && !forms.includes(form));
        expect(missing, `${locale} ${key}`).toEqual([]);
      }
    }
  });
});

it('gives no key to two areas', () => {
  const keys = areas.flatMap((area) => Object.keys(catalogue(area, 'en')));
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
});
