import { asProblem } from '../../api/problem';
import type { GuardAlert, GuardRequest } from '../../api/guard';
import { api, currentMe } from '../../app/account.svelte';
import { isLive, onNotice, tell } from '../../app/live.svelte';
import { deviceOfTab } from '../../app/device';
import { readSetting, writeSetting } from '../../app/settings';
import type { AlertEvents, GuardCancel } from '../../protocol/alerts';
import {
  dismissed,
  ending,
  foremost,
  quietened,
  reconciled,
  ringing,
  rung,
  settled,
  type Alarm,
} from '../../state/alarms';
import { Siren } from './siren';
import { thisSecond } from './ticking.svelte';

/** What must sound is asked for this often even while notices come, and often while they do not. */
const NET_MS = 30_000;
const POLL_MS = 5_000;
const QUIET_MS = 60_000;
const SHIFT = 'guard-shift';

let alarms = $state.raw<readonly Alarm[]>([]);
let details = $state.raw<Readonly<Record<string, GuardRequest>>>({});
let isUnlocked = $state(false);
let isSounding = $state(false);
let shiftOf = $state(readSetting(SHIFT));
let device: string | null = null;
let rings = 0;
let refreshed = 0;
let told: readonly string[] = [];

const siren = new Siren(() => {
  const was = isUnlocked;
  isUnlocked = siren.isUnlocked;
  isSounding = siren.isSounding;
  if (was !== isUnlocked) tellReady();
});

/** The present, followed by the second only while something kept quiet waits for its time. */
function present(): number {
  return alarms.some((one) => one.quiet_until > 0) ? thisSecond() : Date.now();
}

/** The alarm to look at, if any. */
export function shownAlarm(): Alarm | null {
  return foremost(alarms, present());
}

/** Those that sound now, the most urgent first. */
export function soundingAlarms(): readonly Alarm[] {
  return ringing(alarms, present());
}

/** Those that will sound again if nobody answers. */
export function quietAlarms(): readonly Alarm[] {
  const now = present();
  return alarms.filter((one) => one.outcome === null && one.quiet_until > now);
}

export function detailsOf(request: string): GuardRequest | null {
  return details[request] ?? null;
}

/** Whether this device was said to wake its person. */
export function isOnShift(): boolean {
  return shiftOf === currentMe().id;
}

export function isSoundUnlocked(): boolean {
  return isUnlocked;
}

export function isAlarmSounding(): boolean {
  return isSounding;
}

/** In a gesture: sound is let through from now on, proved by one burst. */
export async function startShift(): Promise<void> {
  shiftOf = currentMe().id;
  writeSetting(SHIFT, shiftOf);
  if (await siren.unlock()) siren.test();
  tellReady();
  // Beside the sound, for a page that is not in front; words without patient data.
  if ('Notification' in window && Notification.permission === 'default') {
    void Notification.requestPermission();
  }
}

export function endShift(): void {
  shiftOf = null;
  writeSetting(SHIFT, '');
  tellReady();
}

/** One burst, where no alarm sounds already. */
export function testSound(): void {
  if (siren.isUnlocked && !siren.isSounding) siren.test();
}

export function unlockSound(): void {
  void siren.unlock();
}

/** Sounds what rings, or falls silent. */
export function sound(): void {
  const first = soundingAlarms()[0];
  if (first) siren.start(first.priority);
  else siren.stop();
}

/** Follows what rings for the signed-in person; answers how to stop. */
export function startAlarm(): () => void {
  const timer = setInterval(() => {
    if (!isLive() || Date.now() - refreshed >= NET_MS) void refresh();
  }, POLL_MS);
  const gesture = () => {
    if (!siren.isUnlocked && (isOnShift() || soundingAlarms().length > 0)) unlockSound();
  };
  addEventListener('pointerdown', gesture);
  addEventListener('keydown', gesture);
  const stops = [
    onNotice('guard.alert', ring),
    onNotice('guard.repeat', () => void again()),
    onNotice('guard.cancel', cancel),
    onNotice('guard.update', ({ request }) => void (request in details && load(request))),
    onNotice('connected', () => {
      tellReady();
      void refresh();
    }),
  ];
  void deviceOfTab().then((name) => (device = name));
  if (isLive()) void refresh();
  return () => {
    clearInterval(timer);
    removeEventListener('pointerdown', gesture);
    removeEventListener('keydown', gesture);
    for (const stop of stops) stop();
    alarms = [];
    details = {};
    told = [];
    void siren.close();
  };
}

/** One acceptance wins; whoever comes second learns who did. Throws a Problem otherwise. */
export async function accept(request: string): Promise<void> {
  try {
    const mine = await api.post<GuardRequest>(`guard/requests/${request}/accept`);
    details = { ...details, [request]: mine };
    alarms = settled(alarms, request, { kind: 'mine' });
  } catch (thrown) {
    if (asProblem(thrown).code !== 'already-accepted') throw thrown;
    await load(request);
    const by = details[request]?.accepted_by?.name ?? '';
    alarms = settled(alarms, request, { kind: 'taken', by });
  }
}

export function quieten(request: string): void {
  alarms = quietened(alarms, request, Date.now() + QUIET_MS);
}

/** Shows again what was kept quiet. */
export function unquieten(): void {
  for (const { request } of quietAlarms()) alarms = quietened(alarms, request, 0);
}

export function dismiss(request: string): void {
  alarms = dismissed(alarms, request);
}

/** A person looks at it: told once for each step. */
export function saw({ request, step }: Alarm): void {
  report('seen', request, step);
}

function ring({ silent_on, ...alert }: AlertEvents['guard.alert']): void {
  rings += 1;
  const silent = isSilent(silent_on);
  alarms = rung(alarms, { ...alert, silent });
  report('delivered', alert.request, alert.step);
  if (!silent) notify(alert.service_name);
  void load(alert.request);
}

/** Nobody answered yet: whatever of it was lost on the way is made up for. */
async function again(): Promise<void> {
  await refresh();
  const first = soundingAlarms()[0];
  if (first) notify(first.service_name);
}

/** Whether this device keeps quiet now; one whose name is not known yet sounds. */
function isSilent(on: readonly string[]): boolean {
  return on.includes('*') || (device !== null && on.includes(device));
}

function cancel(told: GuardCancel): void {
  rings += 1;
  alarms = settled(alarms, told.request, ending(told, currentMe().id));
}

/** Asks what must sound; an answer that an alert overtook is asked for again. */
async function refresh(): Promise<void> {
  const before = rings;
  refreshed = Date.now();
  try {
    const { items } = await api.get<{ items: GuardAlert[] }>('guard/alerts');
    if (before !== rings) return void refresh();
    alarms = reconciled(
      alarms,
      items.map(({ alerted_at, silent_on, ...item }) => ({
        ...item,
        at: alerted_at,
        silent: isSilent(silent_on),
      })),
    );
    for (const { request, step } of items) {
      report('delivered', request, step);
      if (!(request in details)) void load(request);
    }
  } catch {
    // The next round asks again; what rings goes on ringing.
  }
}

async function load(request: string): Promise<void> {
  const found = await api.get<GuardRequest>(`guard/requests/${request}`).catch(() => null);
  if (found !== null) details = { ...details, [request]: found };
}

function report(event: 'delivered' | 'seen', request: string, step: number): void {
  const key = `${event} ${request} ${step}`;
  if (told.includes(key)) return;
  told = [...told, key];
  tell(event, { request }).catch(() => {
    told = told.filter((one) => one !== key);
  });
}

function tellReady(): void {
  if (!isLive()) return;
  tell('ready', { sound: isOnShift() && siren.isUnlocked }).catch(() => undefined);
}

/** The system's own notice, where the page is hidden and the person allowed it. */
function notify(service: string): void {
  if (!document.hidden || !('Notification' in window)) return;
  if (Notification.permission !== 'granted') return;
  try {
    const notice = new Notification(service, { tag: 'guard', requireInteraction: true });
    notice.onclick = () => {
      window.focus();
      notice.close();
    };
  } catch {
    // Some phones allow it to service workers only.
  }
}
