import { playTone } from '../../call/tones';
import { t } from '../../i18n/index.svelte';
import type { RoomChannel } from '../../protocol/channel';
import type { Peer, RoomEvent, ServerEvents, Source } from '../../protocol/types';
import { toast } from '../../ui/toasts.svelte';

const KEPT = 6;
const FORGET_MS = 8_000;

/** Puts into words, for screen readers and toasts, what happens in the room. */
export class Announcer {
  /** Sentences of the live region, oldest first. */
  said = $state.raw<{ n: number; text: string }[]>([]);
  #n = 0;

  say(text: string): void {
    const n = ++this.#n;
    this.said = [...this.said.slice(1 - KEPT), { n, text }];
    setTimeout(() => {
      this.said = this.said.filter((one) => one.n !== n);
    }, FORGET_MS);
  }

  event(event: RoomEvent, channel: RoomChannel): void {
    if (channel.state !== 'joined') return;
    const me = channel.snapshot?.me;
    switch (event.type) {
      case 'call.joined':
      case 'call.left': {
        if (event.data.person === me?.person) return;
        const name = nameOf(event.data.person, channel);
        this.say(t(event.type === 'call.joined' ? 'room.said.joined' : 'room.said.left', { name }));
        return;
      }
      case 'recording.started':
        toast(t('recording.said.started', { name: event.data.by.name }));
        void playTone('arrival');
        return;
      case 'recording.stopped':
        toast(t('recording.said.stopped'));
        return;
      case 'recording.answered':
        if (event.data.person === me?.person) return;
        this.say(
          t(event.data.given ? 'recording.said.agreed' : 'recording.said.refused', {
            name: nameOf(event.data.person, channel),
          }),
        );
        return;
      case 'member.waiting':
        if (!me?.grants.moderate) return;
        this.say(t('room.arrival', { name: event.data.name }));
        void playTone('arrival');
        return;
      case 'document.added': {
        const { sender, name: document } = event.data;
        if (sender.id !== me?.person) this.say(t('room.said.document', { name: sender.name, document }));
        return;
      }
      case 'message.posted':
        if (event.sender?.id === me?.person || !event.data.urgent) return;
        toast(t('room.said.urgent', { name: event.sender?.name ?? '', text: event.data.text }), 'danger');
        void playTone('arrival');
        return;
      default:
    }
  }

  /** What changed between a peer's former ephemeral state and the announced one. */
  presence(now: ServerEvents['presence'], channel: RoomChannel, before: Peer | undefined): void {
    if (!before || now.peer === channel.peer) return;
    const { name } = before;
    if (now.hand !== before.hand) this.say(t(now.hand ? 'room.said.hand' : 'room.said.hand-down', { name }));
    if (now.publishing.includes('screen') && !before.publishing.includes('screen')) {
      this.say(t('room.said.sharing', { name }));
    }
  }

  silenced(source: Source): void {
    const key =
      source === 'microphone' ? 'room.said.muted' : source === 'camera' ? 'room.said.camera' : 'room.said.screen';
    toast(t(key));
  }
}

function nameOf(person: string, channel: RoomChannel): string {
  return channel.snapshot?.members.find((member) => member.person === person)?.name ?? '';
}
