import type { Clock } from '../../protocol/clock';
import type { Source } from '../../protocol/types';
import { Keyring } from './keyring';
import type { Order, Role } from './worker';

export interface SealingOptions {
  room: string;
  peer: string;
  clock: Clock;
  send: (envelopes: Record<string, string>) => Promise<unknown>;
  changed: () => void;
}

/** Whether this browser can encrypt what it sends (WebRTC Encoded Transform). */
export function maySeal(): boolean {
  return 'RTCRtpScriptTransform' in globalThis;
}

/** End-to-end encryption of one device's part in a call: its keys, and the worker that uses them. */
export class Sealing {
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  readonly #keyring: Keyring;
  readonly #ids = new WeakMap<RTCRtpReceiver, number>();
  #next_id = 0;
  /** The code that its people compared and found the same. */
  compared = '';

  constructor(private readonly options: SealingOptions) {
    this.#keyring = new Keyring({
      ...options,
      use: (kid, base) => this.#order({ do: 'seal', kid, base }),
      add: (peer, kid, base) => this.#order({ do: 'open', peer, kid, base }),
      forget: (peer) => this.#order({ do: 'forget', peer }),
    });
  }

  get peer(): string {
    return this.options.peer;
  }

  /** What members compare by voice; empty until keys were made. */
  get code(): string {
    return this.#keyring.code;
  }

  /** Devices in the call whose keys did not come yet. */
  get unknown(): string[] {
    return this.#keyring.unknown;
  }

  get is_complete(): boolean {
    return this.#keyring.is_complete;
  }

  get is_compared(): boolean {
    return this.code !== '' && this.compared === this.code;
  }

  /** Somebody compared the code with the others. */
  confirm(): void {
    this.compared = this.code;
    this.options.changed();
  }

  follow(peers: Iterable<string>): void {
    this.#keyring.follow(peers);
  }

  receive(peer: string, envelope: string): void {
    this.#keyring.receive(peer, envelope);
  }

  /** Nothing leaves this sender but sealed. */
  readonly seal = (sender: RTCRtpSender, source: Source): void => {
    sender.transform = this.#transform({ role: 'seal', source });
  };

  /** Nothing of this receiver is played but what that peer sealed as that source. */
  readonly open = (receiver: RTCRtpReceiver, peer: string, source: Source): void => {
    const known = this.#ids.get(receiver);
    if (known !== undefined) {
      this.#order({ do: 'follow', id: known, peer, source });
      return;
    }
    const id = this.#next_id++;
    this.#ids.set(receiver, id);
    receiver.transform = this.#transform({ role: 'open', id, peer, source });
  };

  /** Idempotent. */
  close(): void {
    this.#keyring.close();
    this.#worker.terminate();
  }

  #transform(role: Role): RTCRtpScriptTransform {
    return new RTCRtpScriptTransform(this.#worker, role);
  }

  #order(order: Order): void {
    this.#worker.postMessage(order);
  }
}
