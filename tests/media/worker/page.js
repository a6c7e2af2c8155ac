// What a call page does, without its looks: one connection up, one down.
window.call = {
  up: null, down: null, tracks: {},
  async publish({ video, audio }) {
    const stream = await navigator.mediaDevices.getUserMedia({ video, audio });
    this.up = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    const sources = new Map();
    for (const track of stream.getTracks()) {
      const sender = this.up.addTransceiver(track, { direction: "sendonly", streams: [stream] });
      sources.set(sender, track.kind === "video" ? "camera" : "microphone");
    }
    this.sources = sources;
    await this.negotiate();
  },
  async negotiate(options) {
    await this.up.setLocalDescription(await this.up.createOffer(options));
    const mids = {};
    for (const [sender, source] of this.sources)
      if (sender.direction === "sendonly") mids[sender.mid] = source;
    const sdp = await window.sendPublish(this.up.localDescription.sdp, mids);
    await this.up.setRemoteDescription({ type: "answer", sdp });
  },
  async offered(sdp, tracks, fresh) {
    if (fresh || !this.down) {
      if (this.down) this.down.close();
      this.down = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
      this.down.ontrack = ({ track, transceiver }) => {
        const element = document.createElement(track.kind);
        element.autoplay = true;
        element.srcObject = new MediaStream([track]);
        document.body.append(element);
        this.tracks[transceiver.mid] = track;
      };
    }
    await this.down.setRemoteDescription({ type: "offer", sdp });
    await this.down.setLocalDescription(await this.down.createAnswer());
    return this.down.localDescription.sdp;
  },
  async stats(which) {
    return [...(await this[which].getStats()).values()];
  },
};
