import type { Clock } from '../protocol/clock';
import type { Source } from '../protocol/types';

export interface Size {
  width: number;
  height: number;
}

export interface Shown extends Size {
  peer: string;
  source: Source;
}

/** Scrolling and laying out anew come in bursts. */
const SETTLE_MS = 200;
const RETRY_MS = 3_000;
/** Sizes are told in steps, so that a slowly dragged edge is not told pixel by pixel. */
const STEP_PX = 32;

/** Which videos this person has in view and how large: the server sends what fits and pauses the rest. */
export class View {
  readonly #shown = new Map<string, Shown>();
  #told = '';
  #cancel: (() => void) | null = null;
  #closed = false;

  constructor(
    private readonly clock: Clock,
    private readonly tell: (tiles: Shown[]) => Promise<unknown>,
  ) {}

  /** A video is shown at this size on the screen's own pixels, or (null) not at all. */
  show(peer: string, source: Source, size: Size | null): void {
    const key = `${peer} ${source}`;
    if (size && size.width > 0 && size.height > 0) {
      this.#shown.set(key, { peer, source, width: stepped(size.width), height: stepped(size.height) });
    } else if (!this.#shown.delete(key)) return;
    this.#later(SETTLE_MS);
  }

  /** Tell all of it to a server that may have forgotten. */
  again(): void {
    if (!this.#told) return;
    this.#told = '';
    this.#later(0);
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#cancel = null;
  }

  #later(delay_ms: number): void {
    if (this.#closed) return;
    this.#cancel ??= this.clock.after(delay_ms, () => {
      this.#cancel = null;
      void this.#tell();
    });
  }

  async #tell(): Promise<void> {
    const tiles = [...this.#shown.values()];
    const text = JSON.stringify(tiles);
    if (text === this.#told) return;
    this.#told = text;
    try {
      await this.tell(tiles);
    } catch {
      if (this.#told !== text) return;
      this.#told = ' ';
      this.#later(RETRY_MS);
    }
  }
}

function stepped(pixels: number): number {
  return Math.min(16_384, Math.ceil(pixels / STEP_PX) * STEP_PX);
}
