/** REST shapes of the network's figures (docs/protocol.md). */

export interface Use {
  readonly month: string;
  readonly service: string;
  readonly opened: number;
  readonly called: number;
}

export interface Share {
  readonly measure: string;
  readonly met: number;
  readonly of: number;
  readonly rate: number | null;
}

export interface Figures {
  readonly months: readonly string[];
  readonly use: readonly Use[];
  readonly quality: readonly Share[];
}
