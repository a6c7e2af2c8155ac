import type { Priority } from '../../api/guard';

/** One burst and the silence after it, in seconds; the shapes follow IEC 60601-1-8's three tiers. */
interface Pattern {
  readonly hz: readonly number[];
  readonly pulse_s: number;
  readonly gap_s: number;
  readonly rest_s: number;
  readonly loudness: number;
}

const PATTERNS: Readonly<Record<Priority, Pattern>> = {
  emergency: {
    hz: [698, 880, 698, 880, 988],
    pulse_s: 0.17,
    gap_s: 0.09,
    rest_s: 0.6,
    loudness: 1,
  },
  urgent: { hz: [587, 698, 880], pulse_s: 0.22, gap_s: 0.16, rest_s: 1.6, loudness: 0.8 },
  routine: { hz: [523, 659], pulse_s: 0.25, gap_s: 0.2, rest_s: 5, loudness: 0.5 },
};
const HARMONICS = [1, 0.5, 0.35, 0.2];
const EDGE_S = 0.02;

/** A sound that repeats until it is stopped, on the audio thread: no timer a hidden tab could delay. */
export class Siren {
  #context: AudioContext | null = null;
  #source: AudioBufferSourceNode | null = null;
  #playing: Priority | null = null;

  constructor(private readonly changed: () => void) {}

  /** Browsers let a page be heard after a gesture only. */
  get isUnlocked(): boolean {
    return this.#context?.state === 'running';
  }

  /** Whether a person in the room hears it now. */
  get isSounding(): boolean {
    return this.#source !== null && this.isUnlocked;
  }

  /** To be called in a gesture; answers whether sound is allowed now. */
  async unlock(): Promise<boolean> {
    await this.#opened()
      .resume()
      .catch(() => undefined);
    this.changed();
    return this.isUnlocked;
  }

  /** Repeats the priority's pattern; asking for what plays already changes nothing. */
  start(priority: Priority): void {
    if (this.#playing === priority) return;
    this.stop();
    const context = this.#opened();
    const source = context.createBufferSource();
    source.buffer = rendered(context, PATTERNS[priority]);
    source.loop = true;
    source.connect(context.destination);
    source.start();
    this.#source = source;
    this.#playing = priority;
    // Refused without a gesture; a later one lets it be heard.
    void this.unlock();
  }

  stop(): void {
    this.#source?.stop();
    this.#source?.disconnect();
    this.#source = null;
    this.#playing = null;
    this.changed();
  }

  /** One burst, to hear that the device is not muted. */
  test(): void {
    const context = this.#opened();
    const source = context.createBufferSource();
    source.buffer = rendered(context, PATTERNS.urgent);
    source.connect(context.destination);
    source.start();
  }

  async close(): Promise<void> {
    this.stop();
    const context = this.#context;
    this.#context = null;
    await context?.close();
  }

  #opened(): AudioContext {
    if (this.#context === null) {
      this.#context = new AudioContext({ latencyHint: 'interactive' });
      this.#context.addEventListener('statechange', () => this.changed());
    }
    return this.#context;
  }
}

function rendered(context: AudioContext, pattern: Pattern): AudioBuffer {
  const samples = samplesOf(pattern, context.sampleRate);
  const buffer = context.createBuffer(1, samples.length, context.sampleRate);
  buffer.copyToChannel(samples, 0);
  return buffer;
}

/** The pattern as mono samples within ±1. */
export function samplesOf(pattern: Pattern, rate: number): Float32Array<ArrayBuffer> {
  const { hz, pulse_s, gap_s, rest_s, loudness } = pattern;
  const samples = new Float32Array(Math.round((hz.length * (pulse_s + gap_s) + rest_s) * rate));
  const peak = HARMONICS.reduce((sum, part) => sum + part);
  for (const [index, tone] of hz.entries()) {
    const first = Math.round(index * (pulse_s + gap_s) * rate);
    for (let n = 0; n < pulse_s * rate; n++) {
      const at = n / rate;
      const edge = Math.min(1, at / EDGE_S, (pulse_s - at) / EDGE_S);
      const wave = HARMONICS.reduce(
        (sum, part, k) => sum + part * Math.sin(2 * Math.PI * tone * (k + 1) * at),
        0,
      );
      samples[first + n] = (loudness * edge * wave) / peak;
    }
  }
  return samples;
}
