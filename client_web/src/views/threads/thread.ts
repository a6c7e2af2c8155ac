import type { Thread } from '../../api/threads';
import { api } from '../../app/account.svelte';
import { Loading } from '../../app/loading.svelte';

/** One thread, fetched by its room. */
export function loadingThread(id: string): Loading<Thread> {
  return new Loading(() => api.get<Thread>(`threads/${id}`));
}
