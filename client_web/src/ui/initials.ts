const TITLES = /^(dott?\.?(ssa)?|dr\.?|prof\.?(ssa)?|mme|m\.|sig\.?(ra)?)$/i;

/** Up to two capital letters that stand for a person; titles such as “Dott.ssa” are skipped. */
export function initials(name: string): string {
  const words = name.split(/[\s'’-]+/).filter((word) => word !== '' && !TITLES.test(word));
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  return ends
    .map((word) => [...(word ?? '')][0] ?? '')
    .join('')
    .toLocaleUpperCase();
}

/** A stable hue index 0…`count`−1 for a person, so that the same colour follows them. */
export function hueOf(id: string, count: number): number {
  let hash = 0;
  for (const character of id) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash % count;
}
