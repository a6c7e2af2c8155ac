import type { Source } from '../../protocol/types';
import { isKeyframe, Opener, Sealer } from './frames';
import type { Bytes } from './sframe';

/** What a page tells this worker. */
export type Order =
  | { do: 'seal'; kid: number; base: Bytes }
  | { do: 'open'; peer: string; kid: number; base: Bytes }
  | { do: 'forget'; peer: string }
  /** The receiver `id` carries another stream from now on. */
  | { do: 'follow'; id: number; peer: string; source: Source };

export type Role =
  | { role: 'seal'; source: Source }
  | { role: 'open'; id: number; peer: string; source: Source };

/** As in WebRTC Encoded Transform; the compiler's list for pages does not have it. */
interface EncodedFrame {
  data: ArrayBuffer;
}
interface Transformer {
  readonly readable: ReadableStream<EncodedFrame>;
  readonly writable: WritableStream<EncodedFrame>;
  readonly options: Role;
  sendKeyFrameRequest?: () => Promise<void>;
  generateKeyFrame?: () => Promise<unknown>;
}
interface Scope {
  onmessage: ((event: MessageEvent<Order>) => void) | null;
  onrtctransform: ((event: { transformer: Transformer }) => void) | null;
}

const KEYFRAME_WAIT_MS = 500;

const scope = globalThis as unknown as Scope;
const sealer = new Sealer();
const opener = new Opener();
const followed = new Map<number, { peer: string; source: Source }>();
/** Keys are taken in the order they came. */
let orders: Promise<unknown> = Promise.resolve();

scope.onmessage = ({ data }) => {
  orders = orders.then(() => obey(data)).catch(() => undefined);
};
scope.onrtctransform = ({ transformer }) => {
  const { options } = transformer;
  if (options.role === 'seal') pipe(transformer, sealing(transformer, options.source));
  else {
    if (!followed.has(options.id)) followed.set(options.id, options);
    pipe(transformer, opening(transformer, options.id));
  }
};

async function obey(order: Order): Promise<void> {
  if (order.do === 'seal') await sealer.use(order.kid, order.base);
  else if (order.do === 'open') await opener.add(order.peer, order.kid, order.base);
  else if (order.do === 'forget') opener.forget(order.peer);
  else followed.set(order.id, order);
}

/** A frame goes on with other bytes, or not at all. */
function pipe({ readable, writable }: Transformer, change: (frame: Bytes) => Promise<Bytes | null>): void {
  const transform = new TransformStream<EncodedFrame, EncodedFrame>({
    async transform(frame, controller) {
      const changed = await change(new Uint8Array(frame.data));
      if (changed === null) return;
      frame.data = changed.buffer;
      controller.enqueue(frame);
    },
  });
  readable.pipeThrough(transform).pipeTo(writable).catch(() => undefined);
}

/** Without a key nothing leaves; the first frame under one must be whole. */
function sealing(transformer: Transformer, source: Source): (frame: Bytes) => Promise<Bytes | null> {
  let is_owed = false;
  return async (frame) => {
    const sealed = await sealer.seal(source, frame);
    if (is_owed && sealed && isVideo(source)) transformer.generateKeyFrame?.().catch(() => undefined);
    is_owed = sealed === null;
    return sealed;
  };
}

/** After a gap the decoder needs a keyframe: ask for one as soon as frames open again. */
function opening(transformer: Transformer, id: number): (frame: Bytes) => Promise<Bytes | null> {
  let is_broken = false;
  let asked_at = -KEYFRAME_WAIT_MS;
  return async (frame) => {
    const stream = followed.get(id);
    if (!stream) return null;
    const opened = await opener.open(stream.peer, stream.source, frame);
    if (opened === null || !isVideo(stream.source)) {
      is_broken ||= opened === null;
      return opened;
    }
    if (!is_broken) return opened;
    if (isKeyframe(opened)) {
      is_broken = false;
      return opened;
    }
    if (performance.now() - asked_at >= KEYFRAME_WAIT_MS) {
      asked_at = performance.now();
      transformer.sendKeyFrameRequest?.().catch(() => undefined);
    }
    return null;
  };
}

function isVideo(source: Source): boolean {
  return source === 'camera' || source === 'screen';
}
