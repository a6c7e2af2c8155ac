import { describe, expect, it } from 'vitest';

import { onlyOver, relaysOf, type Figures, type Outcome, type Path } from '../../src/call/trial';
import { verdictOf } from '../../src/call/verdict';

const SDP = [
  'a=ice-ufrag:x',
  'a=candidate:1 1 udp 2130706431 203.0.113.7 20000 typ host',
  'a=candidate:t1 1 tcp 1518280447 203.0.113.7 20000 typ host tcptype passive',
  'a=end-of-candidates',
  '',
].join('\r\n');

describe('one path at a time', () => {
  it('keeps the candidates of one transport', () => {
    expect(onlyOver('udp', SDP)).not.toContain('tcptype');
    expect(onlyOver('udp', SDP)).toContain(' udp ');
    expect(onlyOver('tcp', SDP)).not.toContain(' udp ');
    expect(onlyOver('tcp', SDP)).toContain('tcptype passive');
    expect(onlyOver('tcp', SDP).endsWith('a=end-of-candidates\r\n')).toBe(true);
  });

  it('takes the relays that fit, with their credentials', () => {
    const servers = [
      {
        urls: ['turn:a:3478?transport=udp', 'turns:a:443', 'turn:a:3478?transport=tcp'],
        username: 'u',
        credential: 'c',
      },
    ];
    expect(relaysOf('turn-udp', servers)).toEqual([
      { urls: ['turn:a:3478?transport=udp'], username: 'u', credential: 'c' },
    ]);
    expect(relaysOf('turn-tls', servers)).toEqual([
      { urls: ['turns:a:443'], username: 'u', credential: 'c' },
    ]);
    expect(relaysOf('udp', servers)).toEqual([]);
    expect(relaysOf('turn-tls', [{ urls: 'turn:a' }])).toEqual([]);
  });
});

const FIGURES: Figures = {
  connect_ms: 50,
  kbps_up: 500,
  kbps_down: 500,
  loss: 0,
  rtt_ms: 20,
  server: '',
};

function works(path: Path, figures: Partial<Figures> = {}): Outcome {
  return { path, state: 'works', figures: { ...FIGURES, ...figures } };
}

describe('verdict', () => {
  it('names the best path that works', () => {
    expect(verdictOf([works('udp'), works('tcp')])).toBe('good');
    expect(
      verdictOf([{ path: 'udp', state: 'fails', figures: null }, works('tcp'), works('turn-tls')]),
    ).toBe('tcp');
    expect(verdictOf([works('turn-tls')])).toBe('relay');
    expect(verdictOf([works('turn-udp')])).toBe('relay');
    expect(verdictOf([{ path: 'udp', state: 'fails', figures: null }])).toBe('none');
  });

  it('says when UDP works badly', () => {
    expect(verdictOf([works('udp', { loss: 0.05 })])).toBe('weak');
    expect(verdictOf([works('udp', { rtt_ms: 400 })])).toBe('weak');
  });
});
