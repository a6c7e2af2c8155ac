import { uuid7 } from '../protocol/uuid';

/** Idempotency keys of one form: the same body tried again keeps its key, a changed one gets its own. */
export class Attempt {
  #key = '';
  #body = '';

  keyFor(body: unknown): string {
    const text = JSON.stringify(body);
    if (text !== this.#body || this.#key === '') {
      this.#body = text;
      this.#key = uuid7();
    }
    return this.#key;
  }

  /** The next creation is another one, even with an equal body. */
  done(): void {
    this.#key = '';
  }
}
