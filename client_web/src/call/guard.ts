import type { Clock } from '../protocol/clock';

const PATIENCE_MS = 2_000;
const AGAIN_MS = 5_000;

/** Watches one peer connection and asks for help when its path stays broken. */
export class PathGuard {
  #cancel: (() => void) | null = null;

  constructor(
    private readonly pc: RTCPeerConnection,
    private readonly clock: Clock,
    private readonly broken: () => void,
  ) {
    pc.addEventListener('iceconnectionstatechange', this.#judge);
    pc.addEventListener('connectionstatechange', this.#judge);
  }

  close(): void {
    this.pc.removeEventListener('iceconnectionstatechange', this.#judge);
    this.pc.removeEventListener('connectionstatechange', this.#judge);
    this.#cancel?.();
  }

  readonly #judge = (): void => {
    const { iceConnectionState: ice, connectionState: state } = this.pc;
    if (ice === 'failed' || state === 'failed') this.#after(0);
    else if (ice === 'disconnected') this.#after(PATIENCE_MS);
    else if (ice === 'connected' || ice === 'completed' || ice === 'closed') this.#settle();
  };

  #after(delay_ms: number): void {
    if (this.#cancel && delay_ms > 0) return;
    this.#cancel?.();
    this.#cancel = this.clock.after(delay_ms, () => {
      this.broken();
      this.#cancel = null;
      this.#after(AGAIN_MS);
    });
  }

  #settle(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
