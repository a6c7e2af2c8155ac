import type { Catalogue } from './keys';

/** French keeps its high punctuation and quotes beside their words: no line breaks there. */
export function bound(catalogue: Catalogue): Catalogue {
  const texts = Object.entries(catalogue).map(([key, text]) => [
    key,
    text.replaceAll(/ (?=[:;!?»])|(?<=«) /g, '\u00a0'),
  ]);
  return Object.fromEntries(texts) as Catalogue;
}
