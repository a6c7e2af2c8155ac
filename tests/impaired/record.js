// Keeps what arrived, every 200 ms, summed over the page's live connections.
window.connections = [];
window.arrived = [];
{
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      window.connections.push(this);
    }
  };
  window.sockets = [];
  window.WebSocket = class extends window.WebSocket {
    constructor(...args) {
      super(...args);
      window.sockets.push(this);
    }
  };
  // Both microphones play one file: each would be cancelled as the other's echo.
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  devices.getUserMedia = (asked) => open(asked.audio ? { ...asked, audio: raw } : asked);
  const COUNTED = {
    audio: { total: "totalSamplesReceived", concealed: "concealedSamples", events: "concealmentEvents",
      silent: "silentConcealedSamples", packets: "packetsReceived", lost: "packetsLost",
      fec: "fecPacketsReceived", late: "packetsDiscarded", bytes: "bytesReceived" },
    video: { frames: "framesDecoded", freezes: "freezeCount", frozen: "totalFreezesDuration",
      packets: "packetsReceived", lost: "packetsLost", bytes: "bytesReceived", keys: "keyFramesDecoded",
      nacks: "nackCount", plis: "pliCount", resent: "retransmittedPacketsReceived", dropped: "framesDropped" },
  };
  const before = new Map();
  let previous = performance.now();
  const record = async () => {
    const live = window.connections.filter((one) => one.connectionState !== "closed");
    const reports = await Promise.all(live.map((one) => one.getStats()));
    const now = performance.now();
    const sample = { at: (performance.timeOrigin + now) / 1000, seconds: (now - previous) / 1000,
      audio: {}, video: {}, width: 0, height: 0, rtt_ms: 0 };
    previous = now;
    for (const [index, report] of reports.entries()) {
      const connection = window.connections.indexOf(live[index]);
      for (const one of report.values()) {
        if (one.type === "candidate-pair" && one.nominated && one.currentRoundTripTime)
          sample.rtt_ms = Math.max(sample.rtt_ms, one.currentRoundTripTime * 1000);
        if (one.type !== "inbound-rtp") continue;
        const key = `${connection} ${one.id}`;
        const last = before.get(key) ?? {};
        before.set(key, one);
        if (one.kind === "video" && one.framesDecoded > (last.framesDecoded ?? 0)) {
          sample.width = one.frameWidth ?? 0;
          sample.height = one.frameHeight ?? 0;
        }
        const sums = sample[one.kind];
        for (const [name, field] of Object.entries(COUNTED[one.kind]))
          sums[name] = (sums[name] ?? 0) + (one[field] ?? 0) - (last[field] ?? 0);
      }
    }
    window.arrived.push(sample);
  };
  setInterval(() => void record().catch(() => undefined), 200);
}
