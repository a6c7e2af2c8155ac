import { Emitter } from '../protocol/emitter';
import { openDevice, openScreen, type Captured } from './capture';
import { rememberChoices, rememberedChoices, type Choices } from './devices';
import { failureOf, type MediaFailure } from './failures';
import { Serial } from './serial';

export type LocalSource = Captured | 'screen' | 'screen_audio';

export interface LocalEvents {
  /** A track was opened, replaced or ended: the source sends this one now. */
  track: { source: LocalSource; track: MediaStreamTrack | null };
  /** Anything to show changed. */
  change: undefined;
}

/** This person's own camera, microphone and screen: opened, switched, muted, released. */
export class LocalMedia {
  readonly events = new Emitter<LocalEvents>();
  readonly choices: Choices = rememberedChoices();
  readonly tracks: Record<LocalSource, MediaStreamTrack | null> = {
    camera: null,
    microphone: null,
    screen: null,
    screen_audio: null,
  };
  readonly failures: Record<Captured, MediaFailure | null> = { camera: null, microphone: null };
  readonly #serial = new Serial();
  #closed = false;

  /** Open what was on last time; one failing does not keep the other from opening. */
  async start(allowed: readonly string[]): Promise<void> {
    await Promise.all(
      (['microphone', 'camera'] as const)
        .filter((source) => allowed.includes(source) && this.wants(source) && !this.tracks[source])
        .map((source) => this.#open(source)),
    );
  }

  wants(source: Captured): boolean {
    return source === 'camera' ? this.choices.is_camera_on : this.choices.is_microphone_on;
  }

  /** Camera off releases the device; on opens it again. */
  async setCamera(is_on: boolean): Promise<void> {
    this.#choose({ is_camera_on: is_on });
    await this.#serial.run(async () => {
      if (is_on && !this.tracks.camera) await this.#open('camera');
      else if (!is_on) this.#put('camera', null);
    });
  }

  /** A muted microphone stays open, silent, so that unmuting is immediate. */
  async setMicrophone(is_on: boolean): Promise<void> {
    this.#choose({ is_microphone_on: is_on });
    await this.#serial.run(async () => {
      if (is_on && !this.tracks.microphone) await this.#open('microphone');
      if (this.tracks.microphone) this.tracks.microphone.enabled = is_on;
    });
    this.events.emit('change', undefined);
  }

  async choose(source: Captured, device: string): Promise<void> {
    this.#choose({ [source]: device });
    await this.#serial.run(async () => {
      if (this.tracks[source] || this.failures[source]) await this.#open(source);
    });
  }

  chooseSpeaker(device: string): void {
    this.#choose({ speaker: device });
  }

  /** Show a screen; false when the person changed their mind. */
  async share(): Promise<boolean> {
    try {
      const { screen, screen_audio } = await openScreen();
      if (this.#closed) {
        screen.stop();
        screen_audio?.stop();
        return false;
      }
      this.#put('screen', screen);
      this.#put('screen_audio', screen_audio);
      return true;
    } catch (error) {
      if (failureOf(error) === 'denied') return false;
      throw error;
    }
  }

  unshare(): void {
    this.#put('screen', null);
    this.#put('screen_audio', null);
  }

  /** Let go of every device; they may be opened again. */
  release(): void {
    for (const source of Object.keys(this.tracks) as LocalSource[]) this.#put(source, null);
  }

  /** Release for good; idempotent. */
  close(): void {
    this.#closed = true;
    this.release();
    this.events.clear();
  }

  async #open(source: Captured): Promise<void> {
    try {
      const track = await openDevice(source, this.choices[source]);
      if (this.#closed) {
        track.stop();
        return;
      }
      track.enabled = source === 'camera' || this.choices.is_microphone_on;
      this.failures[source] = null;
      this.#put(source, track);
    } catch (error) {
      this.failures[source] = failureOf(error);
      this.#put(source, null);
    }
  }

  #put(source: LocalSource, track: MediaStreamTrack | null): void {
    const old = this.tracks[source];
    if (old === track) {
      this.events.emit('change', undefined);
      return;
    }
    this.tracks[source] = track;
    old?.stop();
    track?.addEventListener('ended', () => {
      this.#ended(source, track);
    });
    this.events.emit('track', { source, track });
    this.events.emit('change', undefined);
  }

  /** Unplugged, taken away, or stopped from the browser's own bar. */
  #ended(source: LocalSource, track: MediaStreamTrack): void {
    if (this.tracks[source] !== track) return;
    if (source === 'screen') this.unshare();
    else this.#put(source, null);
    if (source === 'camera' || source === 'microphone') {
      this.failures[source] = 'absent';
      this.events.emit('change', undefined);
    }
  }

  #choose(change: Partial<Choices>): void {
    Object.assign(this.choices, change);
    rememberChoices(this.choices);
    this.events.emit('change', undefined);
  }
}
