/** REST shapes of webhooks (docs/protocol.md). */

export interface Webhook {
  readonly id: string;
  readonly organisation: string;
  readonly url: string;
  readonly description: string;
  readonly events: readonly string[];
  readonly enabled: boolean;
  readonly created_at: string;
}

export interface MadeWebhook extends Webhook {
  readonly secret: string;
}

export interface Webhooks {
  readonly items: readonly Webhook[];
  readonly event_types: readonly string[];
}

export interface Delivery {
  readonly id: string;
  readonly message: string;
  readonly type: string;
  readonly state: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly status: number | null;
  readonly error: string | null;
  readonly created_at: string;
  readonly next_at: string | null;
  readonly ended_at: string | null;
}
