import type { ApiClient } from '../../api/client';
import { asProblem, type Problem } from '../../api/problem';
import type { Board, BoardCase, Guideline, Sheet } from '../../api/boards';

const PAUSE_MS = 900;

/** The words of an open case on their way to everybody: stored a moment after typing stops. */
export class SheetDraft {
  proposal = $state('');
  guideline = $state<Guideline | null>(null);
  reason = $state('');
  reference = $state('');
  next_step = $state('');
  isSaving = $state(false);
  problem = $state.raw<Problem | null>(null);
  version = $state(-1);
  #stored = $state.raw<Sheet | null>(null);
  #theirs: BoardCase | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly api: ApiClient,
    private readonly path: string,
    private readonly stored: (board: Board) => void,
  ) {}

  readonly words = $derived.by<Sheet>(() => ({
    proposal: this.proposal,
    guideline: this.guideline,
    reason: this.reason,
    reference: this.reference,
    next_step: this.next_step,
  }));
  readonly isDirty = $derived.by(() => !isSame(this.words, this.#stored));

  /** Takes what the server says, unless words of this page wait to be stored. */
  follow(one: BoardCase): void {
    if (one.version < this.version) return;
    this.#theirs = one;
    if (this.isDirty && this.version >= 0) {
      if (one.version === this.version) return;
      return; // storing will tell that somebody else wrote
    }
    this.#take(one);
  }

  /** Called at each key: stores soon. */
  touch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), PAUSE_MS);
  }

  /** Stores what is not stored; false when that failed. */
  async save(): Promise<boolean> {
    clearTimeout(this.#timer);
    this.#running = this.#running.then(() => this.#store());
    await this.#running;
    return this.problem === null;
  }

  /** After a conflict: leave one's own words and take the others'. */
  takeTheirs(): void {
    if (this.#theirs) this.#take(this.#theirs);
  }

  /** After a conflict: store one's own words over the others'. */
  async keepMine(): Promise<void> {
    if (this.#theirs) this.version = this.#theirs.version;
    await this.save();
  }

  close(): void {
    clearTimeout(this.#timer);
    if (this.isDirty && this.problem === null) void this.save();
  }

  #take(one: BoardCase): void {
    this.version = one.version;
    this.#stored = one.sheet;
    this.problem = null;
    this.proposal = one.sheet.proposal;
    this.guideline = one.sheet.guideline;
    this.reason = one.sheet.reason;
    this.reference = one.sheet.reference;
    this.next_step = one.sheet.next_step;
  }

  async #store(): Promise<void> {
    if (!this.isDirty) return;
    const words = this.words;
    this.isSaving = true;
    try {
      const board = await this.api.put<Board>(`${this.path}/sheet`, {
        version: this.version,
        ...words,
      });
      this.version += 1;
      this.#stored = words;
      this.problem = null;
      this.stored(board);
    } catch (thrown) {
      this.problem = asProblem(thrown);
    } finally {
      this.isSaving = false;
    }
  }
}

function isSame(mine: Sheet, stored: Sheet | null): boolean {
  return (
    stored !== null &&
    (Object.keys(stored) as (keyof Sheet)[]).every((key) => mine[key] === stored[key])
  );
}
