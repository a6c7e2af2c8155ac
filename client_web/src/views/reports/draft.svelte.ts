import type { ApiClient } from '../../api/client';
import { asProblem, type Problem } from '../../api/problem';
import type { Report } from '../../api/reports';

const PAUSE_MS = 1500;

/** The author's words on their way to the server: stored a moment after typing stops. */
export class Draft {
  findings = $state('');
  conclusion = $state('');
  isSaving = $state(false);
  problem = $state.raw<Problem | null>(null);
  savedAt = $state<string | null>(null);
  #version = 0;
  #stored = $state({ findings: '', conclusion: '' });
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly api: ApiClient,
    private readonly id: string,
  ) {}

  readonly isDirty = $derived.by(
    () => this.findings !== this.#stored.findings || this.conclusion !== this.#stored.conclusion,
  );

  /** Takes what the server says, unless words of this page wait to be stored. */
  follow(report: Report): void {
    if (report.version < this.#version) return;
    const { findings, conclusion } = report;
    const isKnown = findings === this.#stored.findings && conclusion === this.#stored.conclusion;
    if (this.isDirty && !isKnown) return; // storing will tell that somebody else wrote
    if (!this.isDirty) {
      this.findings = findings;
      this.conclusion = conclusion;
      this.#stored = { findings, conclusion };
    }
    this.#version = report.version;
    if (this.isDirty && this.problem) this.touch(); // it was refused for the former version
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

  get version(): number {
    return this.#version;
  }

  close(): void {
    clearTimeout(this.#timer);
    if (this.isDirty) void this.save();
  }

  async #store(): Promise<void> {
    if (!this.isDirty) return;
    const words = { findings: this.findings, conclusion: this.conclusion };
    const body = { version: this.#version, ...words };
    this.isSaving = true;
    try {
      const report = await this.api.put<Report>(`reports/${this.id}`, body);
      this.#version = report.version;
      this.#stored = words;
      this.savedAt = report.changed_at;
      this.problem = null;
    } catch (thrown) {
      this.problem = asProblem(thrown);
      if (body.version !== this.#version) this.touch(); // it moved on while this was under way
    } finally {
      this.isSaving = false;
    }
  }
}
