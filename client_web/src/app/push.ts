import { api } from './account.svelte';

interface Device {
  readonly id: string;
}

/** Whether this browser can be woken: not at all, refused by the person, or as chosen. */
export type PushState = 'unsupported' | 'denied' | 'off' | 'on';

const DEVICE_KEY = 'push-device';

/** Where this browser stands. Never throws. */
export async function pushState(): Promise<PushState> {
  if (!isSupported()) return 'unsupported';
  if (Notification.permission === 'denied') return 'denied';
  const registration = await navigator.serviceWorker.getRegistration('/');
  const subscription = await registration?.pushManager.getSubscription().catch(() => null);
  return subscription ? 'on' : 'off';
}

/** Asks for permission and subscribes. Throws what the browser or the server says. */
export async function enablePush(): Promise<PushState> {
  if ((await Notification.requestPermission()) !== 'granted') return 'denied';
  await navigator.serviceWorker.register('/sw.js');
  const registration = await navigator.serviceWorker.ready;
  const { key } = await api.get<{ key: string }>('push/key');
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: key,
  });
  const { endpoint, keys } = subscription.toJSON();
  const device = await api.post<Device>('push/subscriptions', { endpoint, keys });
  localStorage.setItem(DEVICE_KEY, device.id);
  return 'on';
}

/** Wakes this browser no more. */
export async function disablePush(): Promise<PushState> {
  const registration = await navigator.serviceWorker.getRegistration('/');
  const subscription = await registration?.pushManager.getSubscription();
  await subscription?.unsubscribe();
  const device = localStorage.getItem(DEVICE_KEY);
  localStorage.removeItem(DEVICE_KEY);
  if (device !== null) await api.delete(`push/subscriptions/${device}`);
  return 'off';
}

/** Sends a test to all of the person's devices; answers how many. */
export async function testPush(): Promise<number> {
  return (await api.post<{ count: number }>('push/test')).count;
}

function isSupported(): boolean {
  return isSecureContext && 'serviceWorker' in navigator && 'PushManager' in window;
}
