import type { GuardRequest } from '../../api/guard';
import { api } from '../../app/account.svelte';
import { onChanged, onNotice } from '../../app/live.svelte';
import { Loading } from '../../app/loading.svelte';

/** One guard request followed live; `find` asks for it by its id or by its room. */
export class FollowedRequest {
  readonly #loading: Loading<GuardRequest>;

  constructor(find: () => Promise<GuardRequest>) {
    this.#loading = new Loading(find);
    void this.#loading.load();
  }

  get value(): GuardRequest | null {
    return this.#loading.value;
  }

  get problem() {
    return this.#loading.problem;
  }

  readonly refresh = (): void => void this.#loading.load();

  /** Takes an answer that is newer than what is shown. */
  readonly take = (request: GuardRequest): void => {
    this.#loading.value = request;
  };

  /** To be used in an effect. */
  follow(): () => void {
    const stops = [
      onChanged('guard', this.refresh),
      onChanged('reports', this.refresh),
      onNotice('guard.update', this.refresh),
    ];
    return () => stops.forEach((stop) => stop());
  }
}

export function requestById(id: string): Promise<GuardRequest> {
  return api.get<GuardRequest>(`guard/requests/${id}`);
}

export async function requestOfRoom(room: string): Promise<GuardRequest> {
  const { items } = await api.get<{ items: GuardRequest[] }>('guard/requests', { query: { room } });
  const [request] = items;
  if (request === undefined) throw new Error('the room has no guard request');
  return requestById(request.id);
}

/** Says that the acceptor works on the case; a telephone call counts as the call asked for. */
export function openCase(id: string, { byPhone = false } = {}): Promise<GuardRequest> {
  return api.post<GuardRequest>(`guard/requests/${id}/open`, { by_phone: byPhone });
}
