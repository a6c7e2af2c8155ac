"""GStreamer's webrtcbin as a WHIP or WHEP client; run by Debian's Python, which has its bindings.

`gst_peer.py send|play URL`, the token on stdin. Prints a word for each frame that was decoded, and
ends the session over HTTP when its stdin closes.
"""

import sys
import threading
import urllib.parse
import urllib.request
from typing import Any

import gi  # type: ignore[import-not-found]

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # type: ignore[import-not-found]  # noqa: E402

SENT = """
    webrtcbin name=peer bundle-policy=max-bundle
    videotestsrc is-live=true pattern=ball ! video/x-raw,width=160,height=120,framerate=15/1
      ! vp8enc deadline=1 keyframe-max-dist=30 ! rtpvp8pay
      ! application/x-rtp,media=video,encoding-name=VP8,payload=96 ! peer.
    audiotestsrc is-live=true ! audioconvert ! audioresample ! opusenc ! rtpopuspay
      ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! peer.
"""
VIDEO = "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000"
AUDIO = "application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000"
DECODED = {
    "video": "rtpvp8depay ! vp8dec ! fakesink name=video signal-handoffs=true sync=false",
    "audio": "rtpopusdepay ! opusdec ! fakesink name=audio signal-handoffs=true sync=false",
}


class Peer:
    """One webrtcbin that offers, is answered once, and then sends or receives."""

    def __init__(self, mode: str, url: str, token: str) -> None:
        self.url, self.token, self.session = url, token, ""
        self.pipeline = Gst.parse_launch(SENT) if mode == "send" else Gst.Pipeline.new(None)
        self.bin = self.pipeline.get_by_name("peer")
        if mode == "play":
            self.bin = Gst.ElementFactory.make("webrtcbin", "peer")
            self.bin.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
            self.pipeline.add(self.bin)
            for caps in (AUDIO, VIDEO):
                direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
                self.bin.emit("add-transceiver", direction, Gst.Caps.from_string(caps))
            self.bin.connect("pad-added", self.received)
        self.is_asked = False
        self.bin.connect("on-negotiation-needed", self.negotiate)
        self.bin.connect("notify::ice-gathering-state", self.gathered)

    def negotiate(self, _: Any) -> None:
        self.bin.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered))

    def offered(self, promise: Any) -> None:
        reply = promise.get_reply()  # which owns the offer
        offer = reply.get_value("offer")
        self.bin.emit("set-local-description", offer, Gst.Promise.new())

    def gathered(self, *_: Any) -> None:
        complete = GstWebRTC.WebRTCICEGatheringState.COMPLETE
        if self.bin.get_property("ice-gathering-state") == complete and not self.is_asked:
            self.is_asked = True
            threading.Thread(target=self.ask, daemon=True).start()

    def ask(self) -> None:
        offer = self.bin.get_property("local-description").sdp.as_text()
        with self.request("POST", self.url, offer.encode()) as response:
            self.session = response.headers["Location"]
            text = response.read()
        _, sdp = GstSdp.SDPMessage.new()
        GstSdp.sdp_message_parse_buffer(text, sdp)
        kind = GstWebRTC.WebRTCSDPType.ANSWER
        answer = GstWebRTC.WebRTCSessionDescription.new(kind, sdp)
        self.bin.emit("set-remote-description", answer, Gst.Promise.new())
        say("answered")

    def request(self, method: str, url: str, body: bytes | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/sdp"}
        return urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method))

    def received(self, _: Any, pad: Any) -> None:
        kind = pad.get_current_caps().get_structure(0).get_string("media")
        chain = Gst.parse_bin_from_description(DECODED[kind], True)
        chain.get_by_name(kind).connect("handoff", lambda *_: say(kind))
        self.pipeline.add(chain)
        chain.sync_state_with_parent()
        pad.link(chain.get_static_pad("sink"))

    def end(self) -> None:
        if self.session:
            place = urllib.parse.urljoin(self.url, self.session)
            self.request("DELETE", place).close()
        self.pipeline.set_state(Gst.State.NULL)


def say(word: str) -> None:
    print(word, flush=True)


def main() -> None:
    Gst.init(None)
    mode, url = sys.argv[1:]
    peer = Peer(mode, url, sys.stdin.readline().strip())
    peer.pipeline.set_state(Gst.State.PLAYING)
    loop = GLib.MainLoop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    loop.run()
    peer.end()


main()
