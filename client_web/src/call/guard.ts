import type { Clock } from '../protocol/clock';

const LOOK_MS = 400;
const LOOK_CLOSER_MS = 100;
/** The server says something on every connection at least each 400 ms. */
const SILENT_MS = 1_000;
const PATIENCE_MS = 1_000;
const AGAIN_MS = 2_000;
const AGAIN_MAX_MS = 8_000;

/** What the guard needs of a peer connection. */
export type Guarded = Pick<
  RTCPeerConnection,
  'iceConnectionState' | 'connectionState' | 'getStats' | 'addEventListener' | 'removeEventListener'
>;

/**
 * Watches one peer connection and asks for help when its path is broken: at once when the device changes
 * its network, after a second when nothing arrives any more. The browser itself notices after five.
 */
export class PathGuard {
  #cancel: (() => void) | null = null;
  #again_ms = AGAIN_MS;
  #received = 0;
  #heard_at = Infinity;
  #stop_looking = (): void => undefined;
  #is_closed = false;
  readonly #stops: (() => void)[] = [];

  constructor(
    private readonly pc: Guarded,
    private readonly clock: Clock,
    private readonly broken: () => void,
    network: readonly EventTarget[] = networkOf(globalThis),
  ) {
    pc.addEventListener('iceconnectionstatechange', this.#judge);
    pc.addEventListener('connectionstatechange', this.#judge);
    for (const target of network) {
      for (const event of ['online', 'change']) {
        target.addEventListener(event, this.#network_changed);
        this.#stops.push(() => {
          target.removeEventListener(event, this.#network_changed);
        });
      }
    }
    this.#look_later();
  }

  close(): void {
    this.pc.removeEventListener('iceconnectionstatechange', this.#judge);
    this.pc.removeEventListener('connectionstatechange', this.#judge);
    for (const stop of this.#stops.splice(0)) stop();
    this.#is_closed = true;
    this.#stop_looking();
    this.#cancel?.();
  }

  readonly #judge = (): void => {
    const { iceConnectionState: ice, connectionState: state } = this.pc;
    if (ice === 'failed' || state === 'failed') this.#after(0);
    else if (ice === 'disconnected') this.#after(PATIENCE_MS);
  };

  readonly #network_changed = (): void => {
    if (this.#heard_at !== Infinity) this.#after(0);
  };

  #after(delay_ms: number): void {
    if (this.#cancel && delay_ms > 0) return;
    this.#cancel?.();
    this.#cancel = this.clock.after(delay_ms, () => {
      this.broken();
      this.#cancel = null;
      this.#after(this.#again_ms);
      this.#again_ms = Math.min(AGAIN_MAX_MS, this.#again_ms * 2);
    });
  }

  #look_later(after_ms = LOOK_MS): void {
    this.#stop_looking = this.clock.after(after_ms, () => {
      void this.#look().then((is_silent) => {
        if (!this.#is_closed) this.#look_later(is_silent ? LOOK_CLOSER_MS : LOOK_MS);
      });
    });
  }

  /** Whatever arrives proves the path, and nothing else does. Whether nothing did since the last look. */
  async #look(): Promise<boolean> {
    if (this.pc.connectionState !== 'connected' && this.#heard_at === Infinity) return false;
    const { bytes, ago_ms } = receivedOf(await this.pc.getStats().catch(() => new Map()));
    if (this.#is_closed) return false;
    const now = this.clock.now();
    if (bytes !== this.#received) {
      this.#received = bytes;
      this.#heard_at = now - Math.min(ago_ms, LOOK_MS);
      this.#again_ms = AGAIN_MS;
      if (this.pc.iceConnectionState !== 'failed') this.#settle();
      return false;
    }
    if (now - this.#heard_at >= SILENT_MS && !this.#cancel) this.#after(0);
    return this.#heard_at !== Infinity && !this.#cancel;
  }

  #settle(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}

interface Stats {
  type?: string;
  timestamp?: number;
  bytesReceived?: number;
  lastPacketReceivedTimestamp?: number;
}

/** Bytes that the connection's transports received, over whatever path, and how long ago the last came. */
function receivedOf(report: { values(): Iterable<unknown> }): { bytes: number; ago_ms: number } {
  let bytes = 0;
  let ago_ms = Infinity;
  for (const one of report.values() as Iterable<Stats>) {
    if (one.type === 'transport') bytes += one.bytesReceived ?? 0;
    if (one.type !== 'candidate-pair' || !one.timestamp || !one.lastPacketReceivedTimestamp) continue;
    ago_ms = Math.min(ago_ms, Math.max(0, one.timestamp - one.lastPacketReceivedTimestamp));
  }
  return { bytes, ago_ms: ago_ms === Infinity ? 0 : ago_ms };
}

/** What tells of a change of network; browsers without network information say only `online`. */
function networkOf(page: typeof globalThis): EventTarget[] {
  const found: EventTarget[] = [];
  if (typeof page.addEventListener === 'function') found.push(page);
  const navigator = page.navigator as (Navigator & { connection?: EventTarget }) | undefined;
  if (navigator?.connection) found.push(navigator.connection);
  return found;
}
