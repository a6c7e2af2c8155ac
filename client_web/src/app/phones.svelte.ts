import { isConnecting, isLive } from './live.svelte';
import { isOnline } from './network.svelte';
import { readSetting, writeSetting } from './settings';

/** How long the connection may be lost before the numbers are shown (a silent one is lost after 7 s). */
const LOST_MS = 2_500;
/** The same for a connection that never stood yet. */
const FIRST_MS = 8_000;
const SETTING = 'guard.phones';

export interface Phone {
  readonly name: string;
  readonly phone: string;
}

/** Whom to telephone, and when that was known; names and numbers of services only. */
export interface Phones {
  readonly at: number;
  readonly items: readonly Phone[];
}

/** What was kept, unless nothing was or it makes no sense. */
export function readPhones(): Phones | null {
  try {
    const kept = JSON.parse(readSetting(SETTING) ?? 'null') as Phones | null;
    return kept !== null && Number.isFinite(kept.at) && Array.isArray(kept.items) ? kept : null;
  } catch {
    return null;
  }
}

let phones = $state.raw<Phones | null>(readPhones());

/** The numbers as they were last heard of. */
export function keptPhones(): Phones | null {
  return phones;
}

/** Keeps the numbers of services that were just heard of. */
export function rememberPhones(services: readonly Phone[]): void {
  phones = { at: Date.now(), items: services.map(({ name, phone }) => ({ name, phone })) };
  writeSetting(SETTING, JSON.stringify(phones));
}

const isLost = $derived(!isOnline() || isConnecting());
let isAway = $state(false);
let hasBeenLive = false;

/** Notices when the server has been away for a while; use as `$effect(watchServer)`. */
export function watchServer(): (() => void) | undefined {
  if (!isLost) {
    hasBeenLive ||= isLive();
    isAway = false;
    return undefined;
  }
  const timer = setTimeout(() => (isAway = true), hasBeenLive ? LOST_MS : FIRST_MS);
  return () => clearTimeout(timer);
}

/** Whether neither the server nor a network has answered for a while. */
export function isServerAway(): boolean {
  return isAway;
}
