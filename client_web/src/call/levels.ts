const FLOOR_DB = -60;

/** Loudness of a microphone between 0 and 1, read from an analyser of its own. */
export class LevelMeter {
  readonly #context = new AudioContext();
  readonly #analyser = this.#context.createAnalyser();
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(track: MediaStreamTrack) {
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#context.createMediaStreamSource(new MediaStream([track])).connect(this.#analyser);
    if (this.#context.state === 'suspended') void this.#context.resume().catch(() => undefined);
  }

  read(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return loudness(this.#samples);
  }

  close(): void {
    void this.#context.close().catch(() => undefined);
  }
}

/** RMS of samples (±1) on a dB scale from −60 dBFS → 0 to full scale → 1. */
export function loudness(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length);
  const db = 10 * Math.log10(Math.max(power, 1e-12));
  return Math.min(1, Math.max(0, 1 - db / FLOOR_DB));
}
