import { backoff, type Clock } from '../protocol/clock';
import { Emitter } from '../protocol/emitter';
import { isPassing } from '../protocol/errors';
import type { Link } from '../protocol/link';
import type { IceServer, PauseReason, Quality, Source } from '../protocol/types';
import { Sealing } from './e2ee/sealing';
import { QualityHistory } from './history';
import type { LocalMedia, LocalSource } from './local';
import { Publisher } from './publisher';
import { Serial } from './serial';
import { LinkStats } from './stats';
import { Subscriber, type RemoteTrack } from './subscriber';
import { View } from './view';

export type CallState = 'joining' | 'in-call' | 'reconnecting' | 'unavailable' | 'left';

export interface CallEvents {
  change: undefined;
  /** A moderator silenced one of my sources. */
  muted: { source: Source; by: string };
}

export interface CallOptions {
  room: string;
  link: Link;
  local: LocalMedia;
  clock: Clock;
  /** Sources this person may publish now. */
  allowed: () => readonly string[];
  /** Whether the room's media is encrypted end to end. */
  encrypted?: boolean;
  /** Devices in the call now. */
  members?: () => Iterable<string>;
}

const NEGOTIATION_MS = 15_000;
const TELL_MS = 10_000;
/** Loudest within this many dB of silence (RFC 6464: 127 is silence) counts as speaking. */
const SPEAKING_LEVEL = 60;

/** One person's part in a room's call: what is sent, what is received, who speaks and how well it goes. */
export class Call {
  readonly events = new Emitter<CallEvents>();
  readonly quality = new Map<string, Quality>();
  readonly history = new QualityHistory();
  /** What is shown of the others, and how large. */
  readonly view: View;
  /** How the media is encrypted; null where the server could hear it. */
  sealing: Sealing | null = null;
  tracks: RemoteTrack[] = [];
  speakers: string[] = [];
  /** Pictures that stand still, by peer and source. */
  paused = new Map<string, PauseReason>();
  state: CallState = 'joining';
  #peer = '';
  #ice_servers: IceServer[] = [];
  #publisher: Publisher | null = null;
  #subscriber: Subscriber | null = null;
  #attempt = 0;
  #cancel_rebuild = (): void => undefined;
  #serial = new Serial();
  /** Work begun before the last tear-down must not touch what came after. */
  #generation = 0;
  #stats = new LinkStats();
  #cancel_telling: (() => void) | null = null;
  readonly #stops: (() => void)[] = [];

  constructor(private readonly options: CallOptions) {
    const { link, room, local, clock } = options;
    this.view = new View(clock, (tiles) => this.#request('view', { tiles }));
    const here = (payload: { room: string }): boolean => payload.room === room && this.state !== 'left';
    this.#stops.push(
      link.on('subscribe.offer', (offer) => here(offer) && void this.#subscriber?.offered(offer).catch(() => undefined)),
      link.on('speakers', (heard) => {
        if (here(heard)) this.#heard(heard.levels);
      }),
      link.on('quality', ({ peer, ...quality }) => {
        if (!here(quality)) return;
        this.quality.set(peer, quality);
        this.history.add(peer, options.clock.now(), quality);
        this.#changed();
      }),
      link.on('encodings', (wanted) => {
        if (here(wanted)) this.#publisher?.limit(wanted.source, wanted.count).catch(() => undefined);
      }),
      link.on('paused', ({ room: where, pictures }) => {
        if (!here({ room: where })) return;
        this.paused = new Map(pictures.map(([peer, source, why]) => [`${peer} ${source}`, why]));
        this.#changed();
      }),
      link.on('muted', (muted) => here(muted) && void this.#silenced(muted.source, muted.by)),
      link.on('keys', (sent) => here(sent) && this.sealing?.receive(sent.peer, sent.envelope)),
      link.on('media.reset', (reset) => here(reset) && void this.#rebuild()),
      link.watch((state) => {
        if (state === 'disconnected' && this.state === 'in-call') this.#move('reconnecting');
      }),
      local.events.on('track', ({ source, track }) => void this.#send(source, track).catch(() => undefined)),
      local.events.on('change', () => {
        this.#changed();
      }),
    );
  }

  /** Enter the call, or find it again after the room was joined anew. */
  async join(peer: string, ice_servers: IceServer[]): Promise<void> {
    const is_same = peer === this.#peer && this.#publisher !== null;
    this.#peer = peer;
    this.#ice_servers = ice_servers;
    if (!is_same) this.#tear_down();
    if (this.options.encrypted && this.sealing?.peer !== peer) this.#seal(peer);
    this.#subscriber ??= this.#make_subscriber();
    await this.#enter(!is_same);
  }

  async setMicrophone(is_on: boolean): Promise<void> {
    await this.options.local.setMicrophone(is_on);
    await this.#tell_mute('microphone');
  }

  async setCamera(is_on: boolean): Promise<void> {
    await this.options.local.setCamera(is_on);
    await this.#tell_mute('camera');
  }

  /** Idempotent: no connection or listener is left behind; the local tracks belong to the caller. */
  async leave(): Promise<void> {
    if (this.state === 'left') return;
    this.#move('left');
    this.#cancel_rebuild();
    this.#cancel_telling?.();
    for (const stop of this.#stops.splice(0)) stop();
    this.#tear_down();
    this.sealing?.close();
    this.view.close();
    this.events.clear();
    await this.#request('call.leave', {}).catch(() => undefined);
  }

  /** Somebody entered the call or left it: keys change. */
  follow(): void {
    this.sealing?.follow(this.options.members?.() ?? []);
  }

  #seal(peer: string): void {
    this.sealing?.close();
    const { room, clock } = this.options;
    this.sealing = new Sealing({
      room,
      peer,
      clock,
      send: (envelopes) => this.#request('keys.send', { envelopes }),
      changed: () => {
        this.#changed();
      },
    });
  }

  #enter(is_new: boolean): Promise<void> {
    const generation = this.#generation;
    return this.#serial.run(async () => {
      if (this.state === 'left' || generation !== this.#generation) return;
      try {
        await this.#request('call.join', {});
        this.follow();
        if (generation !== this.#generation) return; // who came after publishes: two would both send
        if (is_new || !this.#publisher) await this.#publish_all();
        else await this.#tell_mutes();
        if (generation !== this.#generation) return;
        this.#attempt = 0;
        this.#move('in-call');
        this.view.again();
        this.#cancel_telling ??= this.options.clock.after(TELL_MS, () => void this.#tell_quality());
      } catch (error) {
        if (generation === this.#generation) this.#failed(error);
      }
    });
  }

  /** The worker behind the room was replaced, or our path is beyond mending: make both anew. */
  async #rebuild(): Promise<void> {
    this.#tear_down();
    const generation = this.#generation;
    this.#subscriber = this.#make_subscriber();
    this.#move('reconnecting');
    await this.#renew_ice();
    if (generation !== this.#generation) return;
    await this.#enter(true);
  }

  async #publish_all(): Promise<void> {
    const { local, allowed } = this.options;
    if (allowed().length === 0) return;
    const publisher = this.#make_publisher();
    this.#publisher = publisher;
    for (const source of ['microphone', 'camera'] as const) {
      if (allowed().includes(source)) await publisher.add(source, local.tracks[source]);
    }
    for (const source of ['screen', 'screen_audio'] as const) {
      if (local.tracks[source]) await publisher.add(source, local.tracks[source]);
    }
    await publisher.negotiate();
    await this.#tell_mutes();
  }

  /** A local track changed: the sender follows; only a screen's coming and going is negotiated. */
  #send(source: LocalSource, track: MediaStreamTrack | null): Promise<void> {
    return this.#serial.run(async () => {
      const publisher = this.#publisher;
      if (!publisher || this.state === 'left') return;
      if (source === 'camera' || source === 'microphone') {
        await publisher.replace(source, track);
        await this.#tell_mute(source);
        return;
      }
      if (track) await publisher.add(source, track);
      else if (publisher.has(source)) await publisher.remove(source);
      else return;
      await publisher.negotiate();
    });
  }

  async #tell_mutes(): Promise<void> {
    await Promise.all([this.#tell_mute('microphone'), this.#tell_mute('camera')]);
  }

  async #tell_mute(source: 'microphone' | 'camera'): Promise<void> {
    if (!this.#publisher?.has(source)) return;
    const track = this.options.local.tracks[source];
    const muted = !track?.enabled;
    await this.#request('mute', { source, muted }).catch(() => undefined);
  }

  /** Tell the server what only this device knows of its link, now and then. */
  async #tell_quality(): Promise<void> {
    try {
      const told = await this.#stats.look(this.#publisher?.pc ?? null, this.#subscriber?.pc ?? null);
      if (this.state === 'in-call') await this.#request('quality.tell', told);
    } catch {
      // The next one tells the rest.
    }
    if (this.state === 'left') return;
    this.#cancel_telling = this.options.clock.after(TELL_MS, () => void this.#tell_quality());
  }

  async #silenced(source: Source, by: string): Promise<void> {
    const { local } = this.options;
    if (source === 'microphone') await local.setMicrophone(false);
    else if (source === 'camera') await local.setCamera(false);
    else local.unshare();
    this.events.emit('muted', { source, by });
  }

  #heard(levels: [string, number][]): void {
    this.speakers = levels.filter(([, level]) => level < SPEAKING_LEVEL).map(([peer]) => peer);
    this.#changed();
  }

  #failed(error: unknown): void {
    this.#tear_down();
    if (this.options.link.state !== 'connected') {
      this.#move('reconnecting');
      return;
    }
    this.#move(isPassing(error) ? 'reconnecting' : 'unavailable');
    this.#cancel_rebuild();
    this.#cancel_rebuild = this.options.clock.after(backoff(this.#attempt++, 500, 10_000), () => void this.#rebuild());
  }

  #make_publisher(): Publisher {
    return new Publisher({
      ice_servers: this.#ice_servers,
      clock: this.options.clock,
      seal: this.sealing?.seal,
      renew: () => this.#renew_ice(),
      offer: async (sdp, sources) => {
        const { sdp: answer } = await this.#request<{ sdp: string }>('publish.offer', { sdp, sources });
        return answer;
      },
      failed: (error) => {
        // Without the socket nothing can be agreed: the media goes on and its guard asks again.
        if (this.options.link.state === 'connected') this.#failed(error);
      },
    });
  }

  #make_subscriber(): Subscriber {
    return new Subscriber({
      ice_servers: () => this.#ice_servers,
      clock: this.options.clock,
      open: this.sealing?.open,
      answer: async (negotiation, sdp) => {
        await this.#request('subscribe.answer', { negotiation, sdp });
      },
      restart: async () => {
        await this.#renew_ice();
        await this.#request('subscribe.restart', {});
      },
      changed: (tracks) => {
        this.tracks = tracks;
        this.#changed();
      },
    });
  }

  /** Relay credentials last minutes: whatever begins anew gets new ones. */
  async #renew_ice(): Promise<IceServer[]> {
    if (this.#ice_servers.length > 0) {
      const fresh = await this.#request<{ ice_servers: IceServer[] }>('ice', {}).catch(() => null);
      this.#ice_servers = fresh?.ice_servers ?? this.#ice_servers;
    }
    return this.#ice_servers;
  }

  #tear_down(): void {
    this.#generation += 1;
    this.#serial = new Serial();
    this.#cancel_rebuild();
    this.#publisher?.close();
    this.#subscriber?.close();
    this.#publisher = null;
    this.#subscriber = null;
    this.tracks = [];
    this.speakers = [];
    this.paused = new Map();
    this.quality.clear();
  }

  #request<T>(event: string, payload: object): Promise<T> {
    return this.options.link.request<T>(event, { room: this.options.room, ...payload }, NEGOTIATION_MS);
  }

  #move(state: CallState): void {
    this.state = state;
    this.#changed();
  }

  #changed(): void {
    this.events.emit('change', undefined);
  }
}
