import type { LinkPath, Told } from '../protocol/types';

/** The entries of getStats() that are read here; TypeScript's own types lack half of the fields. */
interface Entry {
  id: string;
  type: string;
  kind?: string;
  state?: string;
  selected?: boolean;
  nominated?: boolean;
  selectedCandidatePairId?: string;
  localCandidateId?: string;
  candidateType?: string;
  protocol?: string;
  relayProtocol?: string;
  frameHeight?: number;
  framesPerSecond?: number;
  freezeCount?: number;
  totalFreezesDuration?: number;
}

export type Report = Iterable<[string, Entry]>;

/** The way of the chosen candidate pair: straight over UDP or TCP, or through a relay. */
export function pathOf(report: Report): LinkPath | null {
  const entries = new Map(report);
  const all = [...entries.values()];
  const chosen = all.find(({ type }) => type === 'transport')?.selectedCandidatePairId;
  const pair =
    (chosen === undefined ? undefined : entries.get(chosen)) ??
    all.find(({ type, selected }) => type === 'candidate-pair' && selected) ??
    all.find(({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded');
  const local = entries.get(pair?.localCandidateId ?? '');
  if (!local) return null;
  if (local.candidateType === 'relay') {
    const over = local.relayProtocol;
    return over === 'tls' ? 'turn-tls' : over === 'tcp' ? 'turn-tcp' : 'turn-udp';
  }
  return local.protocol === 'tcp' ? 'tcp' : 'udp';
}

/** The highest picture of a direction that moves, in lines. */
export function heightOf(report: Report, type: 'outbound-rtp' | 'inbound-rtp'): number | null {
  const heights = [...new Map(report).values()]
    .filter((entry) => entry.type === type && entry.kind === 'video' && (entry.framesPerSecond ?? 0) > 0)
    .map(({ frameHeight }) => frameHeight ?? 0);
  return Math.max(0, ...heights) || null;
}

/** Freezes since the last look, over streams that come and go. */
export class Freezes {
  #before = new Map<string, { count: number; seconds: number }>();

  look(report: Report): { freezes: number; frozen_s: number } {
    const now = new Map<string, { count: number; seconds: number }>();
    let freezes = 0;
    let frozen_s = 0;
    for (const entry of new Map(report).values()) {
      if (entry.type !== 'inbound-rtp' || entry.kind !== 'video') continue;
      const seen = { count: entry.freezeCount ?? 0, seconds: entry.totalFreezesDuration ?? 0 };
      const before = this.#before.get(entry.id);
      freezes += Math.max(0, seen.count - (before?.count ?? 0));
      frozen_s += Math.max(0, seen.seconds - (before?.seconds ?? 0));
      now.set(entry.id, seen);
    }
    this.#before = now;
    return { freezes: Math.min(freezes, 600), frozen_s: Math.min(Math.round(frozen_s * 100) / 100, 60) };
  }
}

const NOTHING: Report = [];

/** What only this device knows of its link, of the time since the last look. */
export class LinkStats {
  readonly #freezes = new Freezes();

  async look(up: RTCPeerConnection | null, down: RTCPeerConnection | null): Promise<Told> {
    const sent = await statsOf(up);
    const received = await statsOf(down);
    const path = pathOf(sent) ?? pathOf(received);
    const height_up = heightOf(sent, 'outbound-rtp');
    const height_down = heightOf(received, 'inbound-rtp');
    return {
      ...(path === null ? {} : { path }),
      ...(height_up === null ? {} : { height_up }),
      ...(height_down === null ? {} : { height_down }),
      ...this.#freezes.look(received),
    };
  }
}

async function statsOf(pc: RTCPeerConnection | null): Promise<Report> {
  if (!pc || pc.connectionState === 'closed') return NOTHING;
  const entries: [string, Entry][] = [];
  (await pc.getStats()).forEach((entry: Entry, id: string) => entries.push([id, entry]));
  return entries;
}
