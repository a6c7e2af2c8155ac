import type { Clock } from '../protocol/clock';
import type { IceServer, Source } from '../protocol/types';
import { encodingsOf, type VideoSource } from './encodings';
import { PathGuard } from './guard';
import { only, preferring, withOpusResilience } from './sdp';
import { Serial } from './serial';

export interface PublisherOptions {
  ice_servers: IceServer[];
  clock: Clock;
  /** Fresh relay credentials: those of the beginning last minutes. */
  renew: () => Promise<IceServer[]>;
  /** Send the offer, answer the server's answer. */
  offer: (sdp: string, sources: Record<string, Source>) => Promise<string>;
  /** The path could not be mended by an ICE restart. */
  failed: (error: unknown) => void;
  /** Encrypt what this sender sends; absent where nothing is. */
  seal?: ((sender: RTCRtpSender, source: Source) => void) | undefined;
}

/** The peer connection on which this person sends: one sendonly transceiver per source. */
export class Publisher {
  readonly pc: RTCPeerConnection;
  readonly #transceivers = new Map<Source, RTCRtpTransceiver>();
  /** How many layers of a source anybody sees, where the server said so. */
  readonly #wanted = new Map<Source, number>();
  readonly #serial = new Serial();
  readonly #guard: PathGuard;
  #closed = false;

  constructor(private readonly options: PublisherOptions) {
    this.pc = new RTCPeerConnection({
      iceServers: options.ice_servers,
      bundlePolicy: 'max-bundle',
      rtcpMuxPolicy: 'require',
    });
    this.#guard = new PathGuard(this.pc, options.clock, () => {
      this.restart().catch(options.failed);
    });
  }

  has(source: Source): boolean {
    const transceiver = this.#transceivers.get(source);
    return transceiver !== undefined && transceiver.direction === 'sendonly';
  }

  /** Make room for a source, with its track or none yet; `negotiate` announces it. */
  async add(source: Source, track: MediaStreamTrack | null): Promise<void> {
    const known = this.#transceivers.get(source);
    if (known) {
      known.direction = 'sendonly';
      await known.sender.replaceTrack(track);
      await this.#shape(source);
      return;
    }
    const kind = isVideo(source) ? 'video' : 'audio';
    const sendEncodings = isVideo(source) ? encodingsOf(source, track?.getSettings(), this.#wanted.get(source)) : [];
    const transceiver = this.pc.addTransceiver(track ?? kind, { direction: 'sendonly', sendEncodings });
    const codecs = RTCRtpSender.getCapabilities(kind)?.codecs ?? [];
    const { seal } = this.options;
    seal?.(transceiver.sender, source);
    // Of what is sealed the server reads a VP8 frame's first bytes and no other codec's.
    const ordered = seal ? only(codecs, 'video/vp8') : preferring(codecs, 'video/vp8');
    if (kind === 'video') transceiver.setCodecPreferences(ordered);
    this.#transceivers.set(source, transceiver);
  }

  /** Send another track of the same source: no negotiation is needed. */
  async replace(source: Source, track: MediaStreamTrack | null): Promise<void> {
    await this.#transceivers.get(source)?.sender.replaceTrack(track);
    await this.#shape(source);
  }

  /** Send no more layers than anybody sees, the smallest first. */
  async limit(source: Source, count: number): Promise<void> {
    this.#wanted.set(source, count);
    await this.#shape(source);
  }

  /** Stop a source; its m-line stays for its next use. */
  async remove(source: Source): Promise<void> {
    const transceiver = this.#transceivers.get(source);
    if (!transceiver) return;
    transceiver.direction = 'inactive';
    await transceiver.sender.replaceTrack(null);
  }

  /** Offer what is published now; offers never overtake each other. */
  negotiate(options: RTCOfferOptions = {}): Promise<void> {
    return this.#serial.run(async () => {
      if (this.#closed) return;
      await this.pc.setLocalDescription(await this.pc.createOffer(options));
      const sdp = withOpusResilience(this.pc.localDescription?.sdp ?? '');
      try {
        const answer = await this.options.offer(sdp, this.#sources());
        if (!this.#closed) await this.pc.setRemoteDescription({ type: 'answer', sdp: answer });
      } catch (error) {
        if (!this.#closed && this.pc.signalingState === 'have-local-offer') {
          await this.pc.setLocalDescription({ type: 'rollback' });
        }
        throw error;
      }
    });
  }

  async restart(): Promise<void> {
    const iceServers = await this.options.renew();
    if (this.#closed) return;
    if (iceServers.length > 0) this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers });
    return this.negotiate({ iceRestart: true });
  }

  /** Idempotent. The tracks belong to the caller and go on. */
  close(): void {
    this.#closed = true;
    this.#guard.close();
    this.pc.close();
  }

  /** Layers follow the size of the picture and what is wanted of them. */
  async #shape(source: Source): Promise<void> {
    const sender = this.#transceivers.get(source)?.sender;
    if (!sender || !isVideo(source)) return;
    const parameters = sender.getParameters();
    const shaped = encodingsOf(source, sender.track?.getSettings(), this.#wanted.get(source));
    let is_changed = false;
    for (const [index, encoding] of parameters.encodings.entries()) {
      const { active, scaleResolutionDownBy } = shaped[index] ?? encoding;
      if (encoding.active === active && encoding.scaleResolutionDownBy === scaleResolutionDownBy) continue;
      is_changed = true;
      encoding.active = active ?? true;
      if (scaleResolutionDownBy !== undefined) encoding.scaleResolutionDownBy = scaleResolutionDownBy;
    }
    if (is_changed) await sender.setParameters(parameters);
  }

  #sources(): Record<string, Source> {
    const sources: Record<string, Source> = {};
    for (const [source, { mid, direction }] of this.#transceivers) {
      if (mid !== null && direction === 'sendonly') sources[mid] = source;
    }
    return sources;
  }
}

function isVideo(source: Source): source is VideoSource {
  return source === 'camera' || source === 'screen';
}
