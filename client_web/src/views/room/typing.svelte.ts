import type { RoomChannel } from '../../protocol/channel';
import type { Link } from '../../protocol/link';

const SHOWN_MS = 6_000;
const REPEAT_MS = 3_000;

/** Who is writing now, and the telling that I am. */
export class Typing {
  people = $state.raw<string[]>([]);
  #told_at = 0;
  readonly #timers: Record<string, ReturnType<typeof setTimeout>> = {};
  readonly #stop: () => void;

  constructor(
    private readonly channel: RoomChannel,
    link: Link,
  ) {
    this.#stop = link.on('typing', ({ person, typing }) => {
      this.#heard(person, typing);
    });
    channel.events.on('event', (event) => {
      if (event.type === 'message.posted' && event.sender) this.#heard(event.sender.id, false);
    });
  }

  /** Called at each keystroke; tells the room at most every few seconds. */
  pressed(): void {
    const now = performance.now();
    if (now - this.#told_at < REPEAT_MS) return;
    this.#told_at = now;
    void this.channel.request('typing', { typing: true }).catch(() => undefined);
  }

  stopped(): void {
    if (this.#told_at === 0) return;
    this.#told_at = 0;
    void this.channel.request('typing', { typing: false }).catch(() => undefined);
  }

  close(): void {
    this.#stop();
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
  }

  #heard(person: string, typing: boolean): void {
    if (person === this.channel.snapshot?.me.person) return;
    clearTimeout(this.#timers[person]);
    this.people = this.people.filter((other) => other !== person);
    if (!typing) return;
    this.people = [...this.people, person];
    this.#timers[person] = setTimeout(() => {
      this.#heard(person, false);
    }, SHOWN_MS);
  }
}
