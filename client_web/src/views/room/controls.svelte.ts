import { mayShareScreen } from '../../call/capture';
import { t } from '../../i18n/index.svelte';
import { codeOf } from '../../protocol/errors';
import { toast } from '../../ui/toasts.svelte';
import type { Action } from './shortcuts';
import type { RoomSession } from './session.svelte';

export type PanelTab = 'case' | 'chat' | 'documents' | 'people' | 'quality' | 'recordings';

/** What the control bar and the keyboard both do. */
export class Controls {
  panel = $state<PanelTab | null>(null);
  is_help_open = $state(false);
  is_settings_open = $state(false);
  is_recording_asked = $state(false);

  constructor(private readonly session: RoomSession) {}

  readonly hand = $derived.by(() => {
    const { peers, my_peer } = this.session;
    return peers.find(({ peer }) => peer === my_peer)?.hand ?? false;
  });
  readonly may_share = $derived.by(() => mayShareScreen() && this.session.may('screen'));

  toggle(tab: PanelTab): void {
    this.panel = this.panel === tab ? null : tab;
  }

  act(action: Action): void {
    const { session } = this;
    if (action === 'chat' || action === 'documents' || action === 'people') this.toggle(action);
    else if (action === 'help') this.is_help_open = true;
    else if (action === 'hand') void this.raise();
    else if (!session.call) return;
    else if (action === 'mic') void session.setMicrophone(!session.is_mic_on);
    else if (action === 'camera') void session.setCamera(!session.camera);
    else void this.share();
  }

  readonly may_record = $derived.by(() => {
    const { grants, snapshot } = this.session;
    return (grants?.record ?? false) && (snapshot?.room.recordable ?? false);
  });

  /** Begin after one more look, end at once. */
  record(): void {
    const { auth, id, snapshot } = this.session;
    const live = snapshot?.recording;
    if (live) void this.attempt(auth.api.post(`rooms/${id}/recordings/${live.id}/stop`));
    else this.is_recording_asked = true;
  }

  async raise(): Promise<void> {
    await this.attempt(this.session.request('hand', { raised: !this.hand }));
  }

  async share(): Promise<void> {
    const { session } = this;
    if (session.screen) session.local.unshare();
    else if (this.may_share) await this.attempt(session.local.share());
  }

  /** Wait for something a person asked for; a failure is told, not thrown. */
  async attempt(work: Promise<unknown>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (error) {
      toast(t('room.failed', { code: codeOf(error) }), 'danger');
      return false;
    }
  }
}
