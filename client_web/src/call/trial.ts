import type { Link } from '../protocol/link';
import type { IceServer } from '../protocol/types';
import { preferring } from './sdp';

/** The ways to the media server, the best first; each is tried alone. */
export const PATHS = ['udp', 'tcp', 'turn-udp', 'turn-tls'] as const;
export type Path = (typeof PATHS)[number];

export interface Figures {
  connect_ms: number;
  kbps_up: number;
  kbps_down: number;
  /** The worse direction's share, 0…1. */
  loss: number;
  rtt_ms: number;
  /** The server's end, for whoever sets up the firewall: “203.0.113.7 UDP 20000”. */
  server: string;
}

export interface Outcome {
  path: Path;
  state: 'waiting' | 'running' | 'works' | 'fails' | 'absent';
  figures: Figures | null;
}

export interface TrialOptions {
  link: Link;
  /** What is sent: one picture, one sound. */
  stream: MediaStream;
  signal: AbortSignal;
}

interface Begun {
  trial: string;
  ice_servers: IceServer[];
}

interface Offered {
  sdp: string;
  negotiation: number;
  offer: string;
}

const CONNECT_MS = 12_000;
const MEASURE_MS = 3_000;
const REQUEST_MS = 10_000;

/** The description with no other candidates than those over this transport. */
export function onlyOver(transport: 'udp' | 'tcp', sdp: string): string {
  const isOther = (line: string) =>
    line.startsWith('a=candidate:') && line.split(' ')[2]?.toLowerCase() !== transport;
  return sdp
    .split('\r\n')
    .filter((line) => !isOther(line))
    .join('\r\n');
}

/** The relays by which this path goes; none for a path that needs none, or where none is set up. */
export function relaysOf(path: Path, servers: readonly IceServer[]): IceServer[] {
  const fits = (url: string) => {
    if (path === 'turn-tls') return url.startsWith('turns:');
    return path === 'turn-udp' && url.startsWith('turn:') && !url.endsWith('transport=tcp');
  };
  return servers.flatMap((server) => {
    const urls = [server.urls].flat().filter(fits);
    return urls.length > 0 ? [{ ...server, urls }] : [];
  });
}

/** Tries one path with a few seconds of real media there and back; throws ProtocolError when it cannot be tried. */
export async function tryPath(path: Path, options: TrialOptions): Promise<Outcome> {
  const { link, stream, signal } = options;
  const begun = await link.request<Begun>('trial.begin', {}, REQUEST_MS);
  const isRelayed = path !== 'udp' && path !== 'tcp';
  const iceServers = relaysOf(path, begun.ice_servers);
  const configuration: RTCConfiguration = {
    iceServers,
    bundlePolicy: 'max-bundle',
    iceTransportPolicy: isRelayed ? 'relay' : 'all',
  };
  const up = new RTCPeerConnection(configuration);
  const down = new RTCPeerConnection(configuration);
  try {
    if (isRelayed && iceServers.length === 0) return { path, state: 'absent', figures: null };
    const began = performance.now();
    await negotiate(begun.trial, path === 'tcp' ? 'tcp' : 'udp', link, stream, up, down);
    if (!(await areConnected([up, down], signal))) return { path, state: 'fails', figures: null };
    const connect_ms = Math.round(performance.now() - began);
    const figures = await measure(up, down, connect_ms, signal);
    return {
      path,
      state: figures.kbps_down > 0 ? 'works' : 'fails',
      figures: figures.kbps_down > 0 ? figures : null,
    };
  } finally {
    up.close();
    down.close();
    await link.request('trial.end', {}, REQUEST_MS).catch(() => undefined);
  }
}

async function negotiate(
  trial: string,
  transport: 'udp' | 'tcp',
  link: Link,
  stream: MediaStream,
  up: RTCPeerConnection,
  down: RTCPeerConnection,
): Promise<void> {
  const transceivers = stream.getTracks().map((track) => {
    const transceiver = up.addTransceiver(track, { direction: 'sendonly' });
    if (track.kind === 'video') {
      const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
      transceiver.setCodecPreferences(preferring(codecs, 'video/vp8'));
    }
    return { transceiver, source: track.kind === 'video' ? 'camera' : 'microphone' };
  });
  await up.setLocalDescription();
  const sources = Object.fromEntries(
    transceivers.map(({ transceiver, source }) => [transceiver.mid ?? '', source]),
  );
  const sdp = up.localDescription?.sdp ?? '';
  const back = await link.request<Offered>('trial.offer', { trial, sdp, sources }, REQUEST_MS);
  await up.setRemoteDescription({ type: 'answer', sdp: onlyOver(transport, back.sdp) });
  await down.setRemoteDescription({ type: 'offer', sdp: onlyOver(transport, back.offer) });
  await down.setLocalDescription();
  const answer = { trial, negotiation: back.negotiation, sdp: down.localDescription?.sdp ?? '' };
  await link.request('trial.answer', answer, REQUEST_MS);
}

function areConnected(
  connections: readonly RTCPeerConnection[],
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => finish(false), CONNECT_MS);
    const judge = () => {
      const states = connections.map((each) => each.connectionState);
      if (states.every((state) => state === 'connected')) finish(true);
      else if (states.some((state) => state === 'failed' || state === 'closed')) finish(false);
    };
    const stop = () => finish(false);
    const finish = (answer: boolean) => {
      clearTimeout(deadline);
      signal.removeEventListener('abort', stop);
      for (const each of connections) each.removeEventListener('connectionstatechange', judge);
      resolve(answer);
    };
    signal.addEventListener('abort', stop);
    for (const each of connections) each.addEventListener('connectionstatechange', judge);
    judge();
  });
}

interface Counts {
  at: number;
  sent: number;
  received: number;
  packets: number;
  lost: number;
  lost_up: number;
  rtt_ms: number;
  server: string;
}

async function measure(
  up: RTCPeerConnection,
  down: RTCPeerConnection,
  connect_ms: number,
  signal: AbortSignal,
): Promise<Figures> {
  const before = await count(up, down);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, MEASURE_MS);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  const after = await count(up, down);
  const seconds = Math.max((after.at - before.at) / 1000, 0.001);
  const lost = Math.max(after.lost - before.lost, 0);
  const packets = Math.max(after.packets - before.packets, 0);
  return {
    connect_ms,
    kbps_up: Math.round(((after.sent - before.sent) * 8) / 1000 / seconds),
    kbps_down: Math.round(((after.received - before.received) * 8) / 1000 / seconds),
    loss: Math.max(packets + lost > 0 ? lost / (packets + lost) : 0, after.lost_up),
    rtt_ms: Math.round(after.rtt_ms),
    server: after.server,
  };
}

type Entry = Record<string, unknown> & { id: string; type: string };

async function count(up: RTCPeerConnection, down: RTCPeerConnection): Promise<Counts> {
  const counts: Counts = {
    at: performance.now(),
    sent: 0,
    received: 0,
    packets: 0,
    lost: 0,
    lost_up: 0,
    rtt_ms: 0,
    server: '',
  };
  const sending = await entries(up);
  const pair = selectedPair(sending);
  counts.sent = number(pair?.['bytesSent']);
  counts.rtt_ms = number(pair?.['currentRoundTripTime']) * 1000;
  const remote = sending.find((entry) => entry.id === pair?.['remoteCandidateId']);
  if (remote) {
    counts.server = `${String(remote['address'])} ${String(remote['protocol']).toUpperCase()} ${String(remote['port'])}`;
  }
  for (const entry of sending) {
    if (entry.type === 'remote-inbound-rtp')
      counts.lost_up = Math.max(counts.lost_up, number(entry['fractionLost']));
  }
  for (const entry of await entries(down)) {
    if (entry.type !== 'inbound-rtp') continue;
    counts.received += number(entry['bytesReceived']);
    counts.packets += number(entry['packetsReceived']);
    counts.lost += Math.max(number(entry['packetsLost']), 0);
  }
  return counts;
}

/** Firefox marks the pair itself, the others name it in the transport. */
function selectedPair(all: readonly Entry[]): Entry | undefined {
  const chosen = all.find((entry) => entry.type === 'transport')?.['selectedCandidatePairId'];
  return all.find((entry) =>
    chosen === undefined ? entry['selected'] === true : entry.id === chosen,
  );
}

async function entries(pc: RTCPeerConnection): Promise<Entry[]> {
  const found: Entry[] = [];
  (await pc.getStats()).forEach((entry: Entry) => found.push(entry));
  return found;
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
