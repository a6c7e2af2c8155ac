import { readSetting, writeSetting } from '../app/settings';
import type { Catalogue, MessageKey } from './keys';
import { chosenLocale, type Locale } from './locale';
import { translator, type MessageArguments, type Translate } from './translator';

export type { MessageKey } from './keys';
export { LOCALES, LOCALE_NAMES, isLocale, type Locale } from './locale';

const loaders: Readonly<Record<Locale, () => Promise<{ default: Catalogue }>>> = {
  it: () => import('./it'),
  fr: () => import('./fr'),
  en: () => import('./en'),
};

const SETTING = 'locale';
let locale = $state<Locale>('en');
let translate = $state.raw<Translate>((key) => key);

/** The language on screen; reading it inside a component follows changes. */
export function currentLocale(): Locale {
  return locale;
}

/** Loads the stored or browser language; called once before the first render. */
export function startI18n(): Promise<void> {
  return loadLocale(chosenLocale(readSetting(SETTING), navigator.languages));
}

/** Whether the person chose a language on this device, rather than the browser. */
export function hasChosenLocale(): boolean {
  return readSetting(SETTING) !== null;
}

/** Switches language at once and remembers it on this device. */
export function setLocale(next: Locale): Promise<void> {
  writeSetting(SETTING, next);
  return loadLocale(next);
}

async function loadLocale(next: Locale): Promise<void> {
  const loaded = await loaders[next]();
  translate = translator(next, loaded.default);
  locale = next;
  document.documentElement.lang = next;
}

/** The message of `key` in the current language, formatted as ICU MessageFormat. */
export function t(key: MessageKey, args?: MessageArguments): string {
  return translate(key, args);
}
