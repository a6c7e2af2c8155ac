// From the click on "join" to the first remote frame that the page shows, with what lies between.
(() => {
  const marks = {};
  const mark = (name) => {
    marks[name] ??= performance.now();
  };
  window.joining = marks;
  document.addEventListener(
    'click',
    (event) => {
      if (event.target.closest('[data-testid=join-call]')) marks.click ??= event.timeStamp;
    },
    true,
  );
  const Native = RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...options) {
      super(...options);
      mark('connection');
      this.addEventListener('track', ({ track }) => {
        mark('track');
        if (this.connectionState === 'connected') mark('connected');
        this.addEventListener('connectionstatechange', () => this.connectionState === 'connected' && mark('connected'));
        if (track.kind === 'video') seek(track);
      });
    }
  };
  function seek(track) {
    const video = [...document.querySelectorAll('video')].find((one) =>
      one.srcObject?.getVideoTracks().some(({ id }) => id === track.id),
    );
    if (!video) requestAnimationFrame(() => seek(track));
    else if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) mark('frame');
    else video.requestVideoFrameCallback(() => mark('frame'));
  }
})();
