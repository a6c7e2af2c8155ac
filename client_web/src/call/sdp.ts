/**
 * The offer as the server should read it: every Opus format asks for in-band FEC and DTX (RFC 7587 §6.1),
 * so that the answer, which keeps them, makes this browser's encoder use both.
 */
export function withOpusResilience(sdp: string): string {
  const payloads = new Set([...sdp.matchAll(/^a=rtpmap:(\d+) opus\//gim)].map((match) => match[1]));
  return sdp.replace(/^a=fmtp:(\d+) ([^\r\n]*)/gm, (line, payload: string, parameters: string) =>
    payloads.has(payload) ? `a=fmtp:${payload} ${opus(parameters)}` : line,
  );
}

function opus(parameters: string): string {
  const pairs = new Map(parameters.split(';').map((pair) => pair.trim().split('=', 2) as [string, string]));
  pairs.set('useinbandfec', '1').set('usedtx', '1');
  return [...pairs].map((pair) => pair.join('=')).join(';');
}

/** Identity of the session that an SDP describes: `o=` without its version (RFC 8866 §5.2). */
export function sessionOf(sdp: string): string {
  const origin = /^o=(\S+) (\S+) \S+ (.*)$/m.exec(sdp);
  return origin ? `${origin[1]} ${origin[2]} ${origin[3]?.trim()}` : '';
}

/** One codec and its retransmission format. */
export function only<C extends { mimeType: string }>(codecs: readonly C[], wanted: string): C[] {
  return codecs.filter(({ mimeType }) => [wanted, 'video/rtx'].includes(mimeType.toLowerCase()));
}

/** Codecs of one kind with the preferred ones first, each keeping its retransmission format. */
export function preferring<C extends { mimeType: string }>(codecs: readonly C[], preferred: string): C[] {
  const rank = (codec: C): number => (codec.mimeType.toLowerCase() === preferred ? 0 : 1);
  return codecs
    .filter(({ mimeType }) => !/\/(red|ulpfec|flexfec-03)$/i.test(mimeType))
    .map((codec, index) => ({ codec, index }))
    .sort((a, b) => rank(a.codec) - rank(b.codec) || a.index - b.index)
    .map(({ codec }) => codec);
}
