import type { GuardService } from '../api/guard';
import type { Problem } from '../api/problem';
import { api } from './account.svelte';
import { withHolder } from './onguard';
import { onChanged, onNotice } from './live.svelte';
import { Loading } from './loading.svelte';
import { rememberPhones } from './phones.svelte';

const services = new Loading(
  async () => (await api.get<{ items: GuardService[] }>('guard/services')).items,
);

/** Every guard service and who is on call now; null until known, or where it may not be. */
export function guardServices(): readonly GuardService[] | null {
  return services.value;
}

export function guardServicesProblem(): Problem | null {
  return services.problem;
}

export async function reloadGuardServices(): Promise<void> {
  await services.load();
  // Not everybody may see them, and the server may be away: what is kept stays.
  if (services.problem === null && services.value !== null) rememberPhones(services.value);
}

/** Keeps them true while somebody is signed in, for every page; use as `$effect(followGuard)`. */
export function followGuard(): () => void {
  void reloadGuardServices();
  const stops = [
    onChanged('services', () => void reloadGuardServices()),
    onNotice('rota.on_call', ({ rota, person }) => {
      services.value = services.value?.map((one) => withHolder(one, rota, person)) ?? null;
    }),
  ];
  return () => {
    stops.forEach((stop) => stop());
    services.value = null;
  };
}
