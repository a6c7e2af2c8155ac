import type { Catalogue } from './keys';

/** One catalogue out of one file per area. */
export function merged(files: Record<string, Record<string, string>>): Catalogue {
  return Object.assign({}, ...Object.values(files)) as Catalogue;
}
