import type { RoomAuth } from '../../api/auth';
import { deviceOfTab } from '../../app/device';
import { Call } from '../../call/call';
import { maySeal } from '../../call/e2ee/sealing';
import { LocalMedia } from '../../call/local';
import type { Size } from '../../call/view';
import { RoomChannel } from '../../protocol/channel';
import { systemClock } from '../../protocol/clock';
import { openStorage } from '../../protocol/indexeddb';
import type { LinkState } from '../../protocol/link';
import type { Outgoing } from '../../protocol/outbox';
import { RoomSocket } from '../../protocol/socket';
import type { Storage } from '../../protocol/storage';
import type { EventPage, Peer, Room, RoomEvent, Snapshot, Source } from '../../protocol/types';
import { uuid7 } from '../../protocol/uuid';
import { withEphemeral } from '../../state/view';
import { DocumentsSocket } from '../../upload/link';
import type { Upload, UploadRecord, UploadState } from '../../upload/upload';
import { Uploads } from '../../upload/uploads';
import { Announcer } from './announcer.svelte';
import { recalledPresence, rememberPresence } from './recalled';
import { Typing } from './typing.svelte';
import { Watch } from './visible';

const STAMP_MS = 20_000;

export interface UploadRow {
  upload: Upload;
  id: string;
  name: string;
  bytes: number;
  done: number;
  state: UploadState;
  code: string | null;
}

function shown(upload: Upload): UploadRow {
  const { record, done, state, code } = upload;
  return { upload, id: record.client_id, name: record.name, bytes: record.bytes, done, state, code };
}

/** A value read from a plain object, followed by whoever reads it through the object's version. */
function after<T>(_version: number, value: T): T {
  return value;
}

/** Everything one person holds open while looking at one room, in a form components can read. */
export class RoomSession {
  readonly local = new LocalMedia();
  readonly announcer = new Announcer();
  /** What the device check shows before the room is joined. */
  room = $state.raw<Room | null>(null);
  link = $state<LinkState>('connecting');
  is_online = $state(navigator.onLine);
  has_entered = $state(false);
  wants_call = $state(false);
  has_left = $state(false);
  channel = $state.raw<RoomChannel | null>(null);
  call = $state.raw<Call | null>(null);
  uploads = $state.raw<Uploads | null>(null);
  typing = $state.raw<Typing | null>(null);
  #version = $state(0);
  #media = $state(0);
  #transfers = $state(0);
  #socket: RoomSocket | null = null;
  #documents: DocumentsSocket | null = null;
  #storage: Promise<Storage<Outgoing>> | null = null;
  readonly #watch = new Watch((...shown) => this.call?.view.show(...shown));
  #stamp: ReturnType<typeof setInterval> | undefined;
  readonly #stops: (() => void)[] = [];

  constructor(
    readonly id: string,
    readonly auth: RoomAuth,
  ) {
    this.#stops.push(
      this.local.events.on('change', () => {
        this.#media += 1;
      }),
    );
  }

  readonly state = $derived.by(() => after(this.#version, this.channel?.state ?? 'joining'));
  readonly code = $derived.by(() => after(this.#version, this.channel?.code ?? null));
  readonly snapshot = $derived.by<Snapshot | null>(() => after(this.#version, this.channel?.snapshot ?? null));
  /** What the room is for; null until the server told. */
  readonly kind = $derived.by(() => this.snapshot?.room.kind ?? this.room?.kind ?? null);
  /** Where words wait for the server; null until the room was joined once. */
  readonly outbox = $derived.by(() => after(this.#version, this.channel?.outbox ?? null));
  readonly outgoing = $derived.by<readonly Outgoing[]>(() => after(this.#version, this.channel?.outbox?.rows ?? []));
  readonly lobby = $derived.by(() => after(this.#version, this.channel?.lobby ?? null));
  readonly peers = $derived.by<Peer[]>(() => {
    const channel = after(this.#version, this.channel);
    const { snapshot } = this;
    return snapshot && channel ? withEphemeral(snapshot.peers, channel.ephemeral) : [];
  });
  readonly my_peer = $derived.by(() => after(this.#version, this.channel?.peer ?? ''));
  /** How this device's part in the call is encrypted; null where it is not. */
  readonly sealing = $derived.by(() => {
    const sealing = after(this.#media, this.call)?.sealing;
    if (!sealing) return null;
    const { code, unknown, is_complete, is_compared } = sealing;
    return { code, unknown, is_complete, is_compared };
  });
  /** The room is encrypted end to end and this browser cannot take part. */
  readonly is_unsealable = $derived.by(() => (this.snapshot?.room.encrypted ?? false) && !maySeal());
  readonly grants = $derived(this.snapshot?.me.grants ?? null);
  readonly tracks = $derived.by(() => after(this.#media, this.call?.tracks ?? []));
  readonly speakers = $derived.by(() => after(this.#media, this.call?.speakers ?? []));
  readonly paused = $derived.by(() => after(this.#media, this.call?.paused));
  readonly call_state = $derived.by(() => after(this.#media, this.call?.state ?? null));
  readonly camera = $derived.by(() => after(this.#media, this.local.tracks.camera));
  readonly screen = $derived.by(() => after(this.#media, this.local.tracks.screen));
  readonly is_mic_on = $derived.by(() => after(this.#media, this.local.tracks.microphone?.enabled ?? false));
  readonly failures = $derived.by(() => after(this.#media, { ...this.local.failures }));
  readonly choices = $derived.by(() => after(this.#media, { ...this.local.choices }));
  readonly rows = $derived.by(() => after(this.#transfers, this.uploads?.rows ?? []).map(shown));
  readonly interrupted = $derived.by(() => after(this.#transfers, [...(this.uploads?.interrupted ?? [])]));

  /** Connect early, so that joining costs one round trip; come back by itself after a reload. */
  async open(): Promise<void> {
    const device = await deviceOfTab();
    if (this.has_left) return;
    const socket = new RoomSocket({ token: () => this.auth.socketToken(), device });
    this.#socket = socket;
    this.#stops.push(
      socket.watch((state) => {
        this.link = state;
      }),
    );
    this.#follow_browser(socket);
    socket.open();
    this.#make_ready();
    const mode = recalledPresence(this.id);
    if (mode !== null) await this.enter(mode === 'call');
    else await this.#look();
  }

  /** Join the room, and its call too if asked. */
  async enter(with_call: boolean): Promise<void> {
    this.wants_call = with_call;
    if (this.has_entered || !this.#socket) {
      this.#enter_call();
      return;
    }
    this.has_entered = true;
    const channel = await this.#make_channel(this.#socket);
    if (this.has_left) return;
    this.channel = channel;
    this.typing = new Typing(channel, this.#socket);
    if (with_call) void this.local.start(['camera', 'microphone']);
    channel.start();
  }

  /** Come back after the channel ended here (another tab, a locked door, a passing refusal). */
  async again(): Promise<void> {
    if (this.wants_call) await this.local.start(['camera', 'microphone']);
    await this.channel?.again();
  }

  /** Leave for good; idempotent. Nothing stays open. */
  async leave(): Promise<void> {
    if (this.has_left) return;
    this.has_left = true;
    rememberPresence(this.id, null);
    await this.#close();
  }

  /** The page goes away: like leaving, but a reload may come back. */
  async suspend(): Promise<void> {
    this.has_left = true;
    await this.#close();
  }

  quality(peer: string) {
    return after(this.#media, this.call)?.quality.get(peer);
  }

  /** What a device's link was like lately, oldest first. */
  qualityHistory(peer: string) {
    return after(this.#media, this.call)?.history.of(peer) ?? [];
  }

  async setMicrophone(is_on: boolean): Promise<void> {
    await (this.call ?? this.local).setMicrophone(is_on);
  }

  async setCamera(is_on: boolean): Promise<void> {
    await (this.call ?? this.local).setCamera(is_on);
  }

  request<T>(event: string, payload: object): Promise<T> {
    if (!this.channel) return Promise.reject(new Error('not joined'));
    return this.channel.request<T>(event, payload);
  }

  may(source: Source): boolean {
    return this.grants?.publish.includes(source) ?? false;
  }

  nameOf(person: string): string {
    const member = this.snapshot?.members.find((one) => one.person === person);
    return member?.name ?? this.peers.find((one) => one.person === person)?.name ?? '';
  }

  /** Fetch while devices are being checked what joining needs first. */
  #make_ready(): void {
    this.#storage = openStorage<Outgoing>('outbox');
    this.auth.roomToken(this.id, true).catch(() => undefined);
  }

  async #look(): Promise<void> {
    try {
      this.room = await this.auth.api.get<Room>(`rooms/${this.id}`);
    } catch {
      return;
    }
  }

  async #make_channel(socket: RoomSocket): Promise<RoomChannel> {
    const channel = new RoomChannel({
      room: this.id,
      token: () => this.auth.roomToken(this.id),
      link: socket,
      history: {
        events: (room, after, limit) => this.auth.api.get<EventPage>(`rooms/${room}/events`, { query: { after, limit } }),
      },
      storage: await (this.#storage ?? openStorage<Outgoing>('outbox')),
      clock: systemClock,
      uuid: uuid7,
    });
    channel.events.on('change', () => {
      this.#version += 1;
      if (channel.is_over && channel.state !== 'left') void this.#end();
    });
    channel.events.on('event', (event) => {
      this.#tell(event);
    });
    channel.events.on('joined', ({ peer, ice_servers }) => {
      this.#joined();
      this.#enter_call();
      void this.call?.join(peer, ice_servers);
    });
    this.#stops.push(
      socket.on('presence', (presence) => {
        if (presence.room === this.id) this.announcer.presence(presence, channel, this.#was(presence.peer));
      }),
    );
    return channel;
  }

  #was(peer: string): Peer | undefined {
    return this.peers.find((one) => one.peer === peer);
  }

  #tell(event: RoomEvent): void {
    if (this.channel) this.announcer.event(event, this.channel);
    this.call?.follow();
    if (event.type === 'member.changed' && event.data.person === this.auth.me.person) {
      void this.#follow_grants();
    }
  }

  /** A token keeps the grants of its minting: what was granted since needs another. */
  async #follow_grants(): Promise<void> {
    try {
      await this.auth.roomToken(this.id, true);
    } catch {
      return; // the room is out of reach; joining again brings a new one
    }
    await this.channel?.renew();
    await this.#open_documents();
  }

  #joined(): void {
    clearInterval(this.#stamp);
    const mode = () => (this.wants_call ? 'call' : 'room');
    rememberPresence(this.id, mode());
    this.#stamp = setInterval(() => {
      rememberPresence(this.id, mode());
    }, STAMP_MS);
    void this.#open_documents();
  }

  #enter_call(): void {
    const { channel } = this;
    if (!this.wants_call || this.call || !this.#socket || !channel || this.is_unsealable) return;
    const call = new Call({
      room: this.id,
      link: this.#socket,
      local: this.local,
      clock: systemClock,
      allowed: () => channel.snapshot?.me.grants.publish ?? [],
      encrypted: channel.snapshot?.room.encrypted ?? false,
      members: () => channel.snapshot?.peers.filter((one) => one.in_call).map(({ peer }) => peer) ?? [],
    });
    call.events.on('change', () => {
      this.#media += 1;
    });
    call.events.on('muted', ({ source }) => {
      this.announcer.silenced(source);
    });
    this.call = call;
  }

  /** Where a picture's size on the screen goes. */
  watching(peer: string, source: Source): (size: Size | null) => void {
    return this.#watch.of(peer, source);
  }

  /** Go from chat and documents only into the call. */
  async joinCall(): Promise<void> {
    this.wants_call = true;
    await this.local.start(this.grants?.publish ?? []);
    this.#enter_call();
    const { channel } = this;
    if (channel?.state === 'joined') await this.call?.join(channel.peer, channel.ice_servers);
  }

  async #open_documents(): Promise<void> {
    if (this.uploads || !this.grants?.documents) return;
    const link = new DocumentsSocket(() => this.auth.roomToken(this.id));
    this.#documents = link;
    const uploads = new Uploads({
      room: this.id,
      person: this.snapshot?.me.person ?? '',
      link,
      storage: await openStorage<UploadRecord>('uploads'),
      changed: () => {
        this.#transfers += 1;
      },
    });
    this.uploads = uploads;
    await uploads.load();
  }

  #follow_browser(socket: RoomSocket): void {
    const online = () => {
      this.is_online = navigator.onLine;
      if (navigator.onLine) socket.hurry();
    };
    // A page that closes says so; a socket that breaks keeps its seat for a while.
    const gone = ({ persisted }: PageTransitionEvent) => {
      if (!persisted) socket.close();
    };
    addEventListener('online', online);
    addEventListener('offline', online);
    addEventListener('pagehide', gone);
    this.#stops.push(() => {
      removeEventListener('online', online);
      removeEventListener('offline', online);
      removeEventListener('pagehide', gone);
    });
  }

  /** Access ended or the room closed: media stops at once, the words stay on screen. */
  async #end(): Promise<void> {
    clearInterval(this.#stamp);
    rememberPresence(this.id, null);
    const { call } = this;
    this.call = null;
    this.#media += 1;
    await call?.leave();
    this.local.release();
    this.uploads?.close();
  }

  async #close(): Promise<void> {
    clearInterval(this.#stamp);
    for (const stop of this.#stops.splice(0)) stop();
    const { call, channel } = this;
    this.call = null;
    this.typing?.close();
    this.uploads?.close();
    this.#documents?.close();
    this.local.close();
    await Promise.race([this.#farewell(call, channel), new Promise((resolve) => setTimeout(resolve, 1_000))]);
    this.#socket?.close();
  }

  async #farewell(call: Call | null, channel: RoomChannel | null): Promise<void> {
    await Promise.all([call?.leave(), channel?.leave()]);
  }
}
