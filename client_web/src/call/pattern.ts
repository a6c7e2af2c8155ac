const WIDTH = 640;
const HEIGHT = 360;
const FRAME_MS = 66;
const TILE = 40;

/** A made picture and a silent-enough tone: nobody's camera or microphone is opened to try a path. */
export function openPattern(): { stream: MediaStream; close: () => void } {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const brush = canvas.getContext('2d');
  const timer = setInterval(() => {
    if (!brush) return;
    for (let x = 0; x < WIDTH; x += TILE) {
      for (let y = 0; y < HEIGHT; y += TILE) {
        brush.fillStyle = `hsl(${String(Math.floor(Math.random() * 360))} 60% 50%)`;
        if (Math.random() < 0.3) brush.fillRect(x, y, TILE, TILE);
      }
    }
  }, FRAME_MS);
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  const sink = audio.createMediaStreamDestination();
  tone.connect(sink);
  tone.start();
  const stream = canvas.captureStream(1000 / FRAME_MS);
  for (const track of sink.stream.getTracks()) stream.addTrack(track);
  const close = () => {
    clearInterval(timer);
    for (const track of stream.getTracks()) track.stop();
    tone.stop();
    void audio.close();
  };
  return { stream, close };
}
