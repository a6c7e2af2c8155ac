import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { LinkState } from '../../src/protocol/link';

type Listener = (payload: unknown) => void;

class FakeSocket {
  static latest: FakeSocket;
  readonly heard = new Map<string, Listener>();
  closed = false;
  watcher: (state: LinkState) => void = () => undefined;

  constructor() {
    FakeSocket.latest = this;
  }
  on(event: string, listener: Listener) {
    this.heard.set(event, listener);
  }
  watch(listener: (state: LinkState) => void) {
    this.watcher = listener;
  }
  open() {
    this.watcher('connected');
  }
  close() {
    this.closed = true;
  }
  hurry() {
    this.watcher('connected');
  }
}

vi.mock('../../src/protocol/alerts', () => ({ AlertsSocket: FakeSocket }));
vi.mock('../../src/app/device', () => ({ deviceOfTab: () => Promise.resolve('tab') }));

const { isLive, onChanged, onNotice, startLive, tell } = await import('../../src/app/live.svelte');
const refused = vi.fn();
let stop: () => void = () => undefined;

async function started(): Promise<FakeSocket> {
  stop = startLive(() => Promise.resolve('token'), refused);
  await Promise.resolve();
  return FakeSocket.latest;
}

beforeEach(() => {
  vi.useFakeTimers();
  const target = { addEventListener: () => undefined, removeEventListener: () => undefined };
  vi.stubGlobal('document', { ...target, visibilityState: 'visible' });
  vi.stubGlobal('addEventListener', target.addEventListener);
  vi.stubGlobal('removeEventListener', target.removeEventListener);
});

afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the live connection', () => {
  it('calls who asked for a topic at once when it changed, and nobody else', async () => {
    const socket = await started();
    const tasks = vi.fn();
    const guard = vi.fn();
    const stops = [onChanged('tasks', tasks), onChanged('guard', guard)];
    socket.heard.get('changed')?.({ topic: 'guard', subject: 'r1' });
    expect(guard).toHaveBeenCalledOnce();
    expect(tasks).not.toHaveBeenCalled();
    stops.forEach((each) => each());
    socket.heard.get('changed')?.({ topic: 'guard', subject: 'r1' });
    expect(guard).toHaveBeenCalledOnce();
  });

  it.each([
    'guard.alert',
    'guard.repeat',
    'guard.update',
    'guard.cancel',
    'guard.drill',
    'rota.on_call',
  ] as const)('passes %s on to the pages', async (notice) => {
    const socket = await started();
    const heard = vi.fn();
    const end = onNotice(notice, heard);
    socket.heard.get(notice)?.({});
    expect(heard).toHaveBeenCalledOnce();
    end();
  });

  it('refreshes everybody when the connection comes back', async () => {
    const socket = await started();
    const tasks = vi.fn();
    const end = onChanged('tasks', tasks);
    socket.watcher('disconnected');
    expect(isLive()).toBe(false);
    expect(tasks).not.toHaveBeenCalled();
    socket.watcher('connected');
    expect(tasks).toHaveBeenCalledOnce();
    end();
  });

  it('polls slowly as a net, and faster while notices cannot come', async () => {
    const socket = await started();
    const tasks = vi.fn();
    const end = onChanged('tasks', tasks);
    vi.advanceTimersByTime(50_000);
    expect(tasks).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10_000);
    expect(tasks).toHaveBeenCalledOnce();
    socket.watcher('disconnected');
    vi.advanceTimersByTime(10_000);
    expect(tasks).toHaveBeenCalledTimes(2);
    end();
  });

  it('passes on what rings, and tells when access has ended', async () => {
    const socket = await started();
    const rings = vi.fn();
    const end = onNotice('guard.alert', rings);
    socket.heard.get('guard.alert')?.({ request: 'r1' });
    expect(rings).toHaveBeenCalledWith({ request: 'r1' });
    socket.watcher('refused');
    expect(refused).toHaveBeenCalledOnce();
    end();
  });

  it('ends with the session', async () => {
    const socket = await started();
    stop();
    expect(socket.closed).toBe(true);
    expect(isLive()).toBe(false);
    await expect(tell('seen', { request: 'r1' })).rejects.toMatchObject({ code: 'offline' });
  });
});
