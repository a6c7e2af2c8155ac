// What a call page does, without its looks: one connection up, one down.
window.call = {
  up: null, down: null, config: {}, senders: new Map(),
  // Encodings of the camera, when it is to be sent in more than one.
  async capture(encodings) {
    const video = encodings ? { width: 960, height: 540, frameRate: 20 } : true;
    const stream = await navigator.mediaDevices.getUserMedia({ video, audio: true });
    this.up = new RTCPeerConnection({ bundlePolicy: "max-bundle", ...this.config });
    this.senders = new Map();
    for (const track of [...stream.getAudioTracks(), ...stream.getVideoTracks()]) {
      const sendEncodings = track.kind === "video" && encodings ? encodings : [];
      const init = { direction: "sendonly", streams: [stream], sendEncodings };
      const sender = this.up.addTransceiver(track, init);
      this.senders.set(sender, track.kind === "video" ? "camera" : "microphone");
    }
  },
  async offer(options) {
    await this.up.setLocalDescription(await this.up.createOffer(options));
    const sources = {};
    for (const [sender, source] of this.senders)
      if (sender.direction === "sendonly") sources[sender.mid] = source;
    return { sdp: this.up.localDescription.sdp, sources };
  },
  async settled() {
    const pair = async () => {
      const stats = await this.up.getStats();
      return [...stats.values()].find((one) => one.type === "transport")?.selectedCandidatePairId;
    };
    const before = await pair();
    const ended = performance.now() + 3000;
    while ((await pair()) === before && performance.now() < ended)
      await new Promise((resolve) => setTimeout(resolve, 20));
  },
  async accept(sdp) {
    await this.up.setRemoteDescription({ type: "answer", sdp });
  },
  async answer(sdp) {
    const session = /^o=\S+ (\S+)/m.exec(sdp)[1];
    if (this.session !== session) {
      this.down?.close();
      this.session = session;
      this.down = new RTCPeerConnection({ bundlePolicy: "max-bundle", ...this.config });
      this.down.ontrack = ({ track }) => {
        const element = document.createElement(track.kind);
        element.autoplay = true;
        element.srcObject = new MediaStream([track]);
        document.body.append(element);
      };
    }
    await this.down.setRemoteDescription({ type: "offer", sdp });
    await this.down.setLocalDescription(await this.down.createAnswer());
    return this.down.localDescription.sdp;
  },
  // Plain values: Firefox's statistics are objects of their own kind.
  async stats(which) {
    if (!this[which]) return [];
    return JSON.parse(JSON.stringify([...(await this[which].getStats()).values()]));
  },
};
