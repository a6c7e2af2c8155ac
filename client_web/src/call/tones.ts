interface Note {
  hz: number;
  at_s: number;
  for_s: number;
}

const NOTES: Record<'test' | 'arrival' | 'message', Note[]> = {
  test: [
    { hz: 523.25, at_s: 0, for_s: 0.25 },
    { hz: 659.25, at_s: 0.28, for_s: 0.25 },
    { hz: 783.99, at_s: 0.56, for_s: 0.4 },
  ],
  arrival: [
    { hz: 659.25, at_s: 0, for_s: 0.18 },
    { hz: 880, at_s: 0.2, for_s: 0.3 },
  ],
  message: [{ hz: 740, at_s: 0, for_s: 0.12 }],
};

/** Play a short tune on a speaker ('' is the system's own); resolves when it has ended. */
export async function playTone(tune: keyof typeof NOTES, speaker = ''): Promise<void> {
  const context = new AudioContext();
  try {
    if (speaker !== '' && 'setSinkId' in context) {
      await (context as AudioContext & { setSinkId(id: string): Promise<void> }).setSinkId(speaker);
    }
    await context.resume();
    await Promise.all(NOTES[tune].map((note) => play(context, note)));
  } catch {
    return;
  } finally {
    await context.close();
  }
}

function play(context: AudioContext, { hz, at_s, for_s }: Note): Promise<void> {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  const start = context.currentTime + at_s;
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(0.2, start + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.001, start + for_s);
  oscillator.frequency.value = hz;
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(start + for_s);
  return new Promise((resolve) => {
    oscillator.onended = () => {
      resolve();
    };
  });
}
