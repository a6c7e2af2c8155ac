import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const SILENCE_MS = 7_000;
const SHOWN_MS = 10_000;
const NUMBERS = [{ name: 'CT emergency', phone: '+44 20 7946 0112', on_call: { name: 'Rita' } }];
const HEARD_AT = Date.UTC(2026, 10, 22, 3, 0);

const link = { isConnecting: false, isLive: false, isOnline: true };
const stored = new Map<string, string>();

vi.mock('../../src/app/live.svelte', () => ({
  isConnecting: () => link.isConnecting,
  isLive: () => link.isLive,
}));
vi.mock('../../src/app/network.svelte', () => ({ isOnline: () => link.isOnline }));

/** The page as it begins: nothing is known but what the device kept. */
async function loaded() {
  vi.resetModules();
  return import('../../src/app/phones.svelte');
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(HEARD_AT);
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => stored.set(name, value),
  });
  stored.clear();
  Object.assign(link, { isConnecting: false, isLive: true, isOnline: true });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('hazard 25: while the whole server is down', () => {
  it('a page that begins knows the numbers of before, and how old they are', async () => {
    (await loaded()).rememberPhones(NUMBERS);
    vi.setSystemTime(HEARD_AT + 3_600_000);
    const kept = (await loaded()).keptPhones();
    expect(kept?.items).toEqual([{ name: 'CT emergency', phone: '+44 20 7946 0112' }]);
    expect(kept?.at).toBe(HEARD_AT);
  });

  it('they are shown within 10 s of its last word, also where only silence tells', async () => {
    const { isServerAway, watchServer } = await loaded();
    watchServer();
    expect(isServerAway()).toBe(false);
    link.isConnecting = true;
    watchServer();
    vi.advanceTimersByTime(SHOWN_MS - SILENCE_MS);
    expect(isServerAway()).toBe(true);
    link.isConnecting = false;
    watchServer();
    expect(isServerAway()).toBe(false);
  });

  it('within 10 s of the first try, too, and without any network', async () => {
    for (const lost of [{ isLive: false, isConnecting: true }, { isOnline: false }]) {
      Object.assign(link, lost);
      const { isServerAway, watchServer } = await loaded();
      watchServer();
      vi.advanceTimersByTime(SHOWN_MS);
      expect(isServerAway()).toBe(true);
      Object.assign(link, { isConnecting: false, isLive: true, isOnline: true });
    }
  });

  it('a blink of the connection shows nothing', async () => {
    const { isServerAway, watchServer } = await loaded();
    watchServer();
    link.isConnecting = true;
    const stop = watchServer();
    vi.advanceTimersByTime(1_000);
    stop?.();
    link.isConnecting = false;
    watchServer();
    vi.advanceTimersByTime(SHOWN_MS);
    expect(isServerAway()).toBe(false);
  });

  it('what makes no sense is taken for nothing', async () => {
    for (const nonsense of ['{', '[]', '{"at":null,"items":[]}', '{"at":1}']) {
      stored.set('settings.guard.phones', nonsense);
      expect((await loaded()).keptPhones()).toBeNull();
    }
  });
});
