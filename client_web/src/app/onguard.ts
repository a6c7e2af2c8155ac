import type { GuardService, OnCall } from '../api/guard';

/** Somebody, or nobody, holds a rota's role now: the service as it is from then on. */
export function withHolder(
  service: GuardService,
  rota: string,
  person: { readonly id: string; readonly name: string } | null,
): GuardService {
  const on_call = person && { person: person.id, name: person.name };
  const held = <T extends { rota: string | null; on_call: OnCall | null }>(one: T): T =>
    one.rota === rota ? { ...one, on_call } : one;
  const steps = service.steps.map(held);
  const first = steps.find((step) => step.on_call !== null)?.on_call ?? null;
  const local = service.local.map(held);
  return { ...service, steps, local, on_call: first, no_cover: first === null };
}

/** Whom a request from one of these organisations rings, in order, each once. */
export function rungFor(
  service: GuardService,
  organisations: readonly string[],
): readonly OnCall[] {
  const own = service.local.filter(({ organisation }) => organisations.includes(organisation));
  const all = [...own, ...service.steps].flatMap(({ on_call }) => (on_call ? [on_call] : []));
  return [...new Map(all.map((one) => [one.person, one])).values()];
}

/** What a dialler understands: digits, and the plus in front. */
export function dialled(number: string): string {
  return number.replaceAll(/[^\d+]/g, '');
}

/** Whether a tap on a number can call anybody. */
export function isDialled(number: string): boolean {
  return /\d/.test(number);
}

/** The services to look at first: those without cover, then one's own organisations', by name. */
export function shownFirst(
  services: readonly GuardService[],
  organisations: readonly string[],
  { service, rota }: { service?: string | undefined; rota?: string | undefined } = {},
): readonly GuardService[] {
  const place = (one: GuardService) =>
    rungFor(one, organisations).length === 0 ? 0 : organisations.includes(one.organisation) ? 1 : 2;
  const isMeant = (one: GuardService) =>
    (service === undefined || one.id === service) &&
    (rota === undefined || [...one.local, ...one.steps].some((each) => each.rota === rota));
  return services
    .filter(isMeant)
    .sort((left, right) => place(left) - place(right) || left.name.localeCompare(right.name));
}
