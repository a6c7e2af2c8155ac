export const LOCALES = ['it', 'fr', 'en'] as const;
export type Locale = (typeof LOCALES)[number];

/** Each language in its own words, so that its speaker finds it. */
export const LOCALE_NAMES: Readonly<Record<Locale, string>> = {
  it: 'Italiano',
  fr: 'Français',
  en: 'English',
};

export function isLocale(value: unknown): value is Locale {
  return (LOCALES as readonly unknown[]).includes(value);
}

/** The stored choice, else the first preferred language we speak, else English. */
export function chosenLocale(stored: string | null, preferred: readonly string[]): Locale {
  if (isLocale(stored)) return stored;
  const spoken = preferred.map((tag) => tag.toLowerCase().split('-')[0]).find(isLocale);
  return spoken ?? 'en';
}
