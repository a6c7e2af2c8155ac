import type { Clock } from '../protocol/clock';
import type { IceServer, ServerEvents, Source } from '../protocol/types';
import { PathGuard } from './guard';
import { sessionOf } from './sdp';
import { Serial } from './serial';

export interface RemoteTrack {
  peer: string;
  source: Source;
  track: MediaStreamTrack;
}

export interface SubscriberOptions {
  ice_servers: () => IceServer[];
  clock: Clock;
  answer: (negotiation: number, sdp: string) => Promise<void>;
  /** Ask the server for a fresh offer. */
  restart: () => Promise<void>;
  changed: (tracks: RemoteTrack[]) => void;
  /** Decrypt what this receiver receives; absent where nothing is encrypted. */
  open?: ((receiver: RTCRtpReceiver, peer: string, source: Source) => void) | undefined;
}

type Offer = ServerEvents['subscribe.offer'];

/** The peer connection on which this person receives; the server offers, answers go back one by one. */
export class Subscriber {
  #pc: RTCPeerConnection | null = null;
  #guard: PathGuard | null = null;
  #session = '';
  #latest = -1;
  #closed = false;
  readonly #serial = new Serial();

  constructor(private readonly options: SubscriberOptions) {}

  get pc(): RTCPeerConnection | null {
    return this.#pc;
  }

  /** Answer one offer; of several waiting only the newest is worth answering. */
  offered(offer: Offer): Promise<void> {
    this.#latest = offer.negotiation;
    return this.#serial.run(async () => {
      if (this.#closed || offer.negotiation !== this.#latest) return;
      try {
        await this.#answer(offer);
      } catch (error) {
        if (this.#closed) return;
        this.#discard();
        await this.options.restart().catch(() => undefined);
        throw error;
      }
    });
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#discard();
    this.options.changed([]);
  }

  async #answer({ negotiation, sdp, tracks }: Offer): Promise<void> {
    const pc = this.#connection(sdp);
    await pc.setRemoteDescription({ type: 'offer', sdp });
    for (const { mid, receiver } of pc.getTransceivers()) {
      const known = mid === null ? undefined : tracks[mid];
      if (known) this.options.open?.(receiver, known.peer, known.source);
    }
    await pc.setLocalDescription(await pc.createAnswer());
    this.options.changed(this.#tracks(pc, tracks));
    await this.options.answer(negotiation, pc.localDescription?.sdp ?? '');
  }

  /** The same connection while the server's session is the same; a new one for a new session. */
  #connection(sdp: string): RTCPeerConnection {
    const session = sessionOf(sdp);
    if (this.#pc && this.#session === session && this.#pc.connectionState !== 'closed') return this.#pc;
    this.#discard();
    const pc = new RTCPeerConnection({ iceServers: this.options.ice_servers(), bundlePolicy: 'max-bundle' });
    this.#pc = pc;
    this.#session = session;
    this.#guard = new PathGuard(pc, this.options.clock, () => void this.options.restart().catch(() => undefined));
    return pc;
  }

  #tracks(pc: RTCPeerConnection, tracks: Offer['tracks']): RemoteTrack[] {
    return pc.getTransceivers().flatMap(({ mid, receiver, currentDirection }) => {
      const known = mid === null ? undefined : tracks[mid];
      return known && currentDirection === 'recvonly' ? [{ ...known, track: receiver.track }] : [];
    });
  }

  #discard(): void {
    this.#guard?.close();
    this.#pc?.close();
    this.#guard = null;
    this.#pc = null;
    this.#session = '';
  }
}
