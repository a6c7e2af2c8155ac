import type { Outgoing } from '../../protocol/outbox';
import type { Message, Sender, Snapshot } from '../../protocol/types';
import { deliveryOf, type DeliveryState } from '../../state/view';

export interface ChatLine {
  /** Stable across sending and sent, so that the line does not jump. */
  key: string;
  seq: number | null;
  at: Date;
  sender: Sender | null;
  mine: boolean;
  text: string;
  urgent: boolean;
  edited: boolean;
  deleted: boolean;
  state: DeliveryState | 'sending' | 'not-sent' | null;
  readers: string[];
  outgoing: Outgoing | null;
  /** First of its day; first after what was read before; first of a run by one sender. */
  is_new_day: boolean;
  is_first_unread: boolean;
  is_first_of_run: boolean;
}

const RUN_MS = 5 * 60_000;

/** What the chat shows: the timeline's messages, then those still on their way. */
export function linesOf(snapshot: Snapshot, outgoing: readonly Outgoing[], read_before: number): ChatLine[] {
  const mine = snapshot.me.person;
  const sent = snapshot.messages.map((message) => sentLine(message, snapshot, mine));
  const waiting = outgoing.map((row) => waitingLine(row, mine));
  const lines = [...sent, ...waiting];
  const unread = lines.findIndex((line) => line.seq !== null && line.seq > read_before && !line.mine);
  return lines.map((line, index) => placed(line, lines[index - 1], index === unread));
}

function placed(line: ChatLine, before: ChatLine | undefined, is_first_unread: boolean): ChatLine {
  const is_new_day = before?.at.toDateString() !== line.at.toDateString();
  const is_run =
    before !== undefined &&
    before.sender?.id === line.sender?.id &&
    line.at.getTime() - before.at.getTime() < RUN_MS &&
    !before.urgent;
  return { ...line, is_new_day, is_first_unread, is_first_of_run: is_new_day || is_first_unread || !is_run };
}

function sentLine(message: Message, snapshot: Snapshot, me: string): ChatLine {
  const mine = message.sender?.id === me;
  const delivery = mine ? deliveryOf(message, snapshot) : null;
  return {
    ...blank,
    key: message.client_id ?? message.id,
    seq: message.seq,
    at: new Date(message.at),
    sender: message.sender,
    mine,
    text: message.text,
    urgent: message.urgent,
    edited: message.edited,
    deleted: message.deleted,
    state: delivery?.state ?? null,
    readers: delivery?.readers ?? [],
  };
}

function waitingLine(row: Outgoing, me: string): ChatLine {
  const { client_id: key, text, urgent, state } = row;
  return { ...blank, key, at: new Date(row.at), sender: { id: me, name: '' }, mine: true, text, urgent, state, outgoing: row };
}

const blank: ChatLine = {
  key: '',
  seq: null,
  at: new Date(0),
  sender: null,
  mine: false,
  text: '',
  urgent: false,
  edited: false,
  deleted: false,
  state: null,
  readers: [],
  outgoing: null,
  is_new_day: false,
  is_first_unread: false,
  is_first_of_run: false,
};
