import type { GuestAnswer } from '../api/guest';

/** Carries one redemption's answer from the entrance to the room screen, in memory only. */
class Arrival {
  #answer: GuestAnswer | null = null;

  put(answer: GuestAnswer): void {
    this.#answer = answer;
  }

  /** The answer for `room`, once. */
  take(room: string): GuestAnswer | null {
    const answer = this.#answer;
    this.#answer = null;
    return answer?.room.id === room ? answer : null;
  }
}

export const guestArrival = new Arrival();
