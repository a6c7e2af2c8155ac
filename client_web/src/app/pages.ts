import type { ApiClient, Query } from '../api/client';
import type { Page } from '../api/types';

/** Lists end here, whatever the server says: a screen is not an archive. */
const MOST_PAGES = 20;

/** All items of a cursor-paged list. */
export async function everyItem<T>(api: ApiClient, path: string, query: Query = {}): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer: Page<T> = await api.get<Page<T>>(path, { query: { ...query, cursor } });
    items.push(...answer.items);
    cursor = answer.next ?? null;
    if (cursor === null) break;
  }
  return items;
}
