import type { Outcome, Path } from './trial';

/** What the outcomes mean for a call. */
export type Verdict = 'good' | 'weak' | 'tcp' | 'relay' | 'none';

const LOSS_MAX = 0.03;
const RTT_MAX_MS = 300;

export function verdictOf(outcomes: readonly Outcome[]): Verdict {
  const of = (path: Path) => outcomes.find((each) => each.path === path && each.state === 'works');
  const udp = of('udp')?.figures;
  if (udp) return udp.loss <= LOSS_MAX && udp.rtt_ms <= RTT_MAX_MS ? 'good' : 'weak';
  if (of('tcp')) return 'tcp';
  return of('turn-udp') || of('turn-tls') ? 'relay' : 'none';
}
