import { IntlMessageFormat } from 'intl-messageformat';

import type { Catalogue } from './keys';
import type { Locale } from './locale';

export type MessageArguments = Readonly<Record<string, string | number | Date | boolean>>;
export type Translate = (key: string, args?: MessageArguments) => string;

/** Formats a catalogue's ICU messages; each is parsed once. An unknown key answers itself. */
export function translator(locale: Locale, catalogue: Catalogue): Translate {
  const formats = new Map<string, IntlMessageFormat>();
  return (key, args) => {
    const message = catalogue[key];
    if (message === undefined) return key;
    let format = formats.get(key);
    if (format === undefined) {
      format = new IntlMessageFormat(message, locale, undefined, { ignoreTag: true });
      formats.set(key, format);
    }
    return String(format.format(args));
  };
}
