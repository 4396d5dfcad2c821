let context: AudioContext | undefined;

/** Two soft notes, a fifth apart. Browsers keep quiet until somebody has touched the page. */
export function playTone(): void {
  context ??= new AudioContext();
  if (context.state === "suspended") void context.resume().catch(() => undefined);
  const now = context.currentTime;
  note(context, 587, now);
  note(context, 880, now + 0.09);
}

function note(audio: AudioContext, hertz: number, at: number): void {
  const gain = audio.createGain();
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.08, at + 0.01);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + 0.35);
  const tone = audio.createOscillator();
  tone.type = "sine";
  tone.frequency.value = hertz;
  tone.connect(gain).connect(audio.destination);
  tone.start(at);
  tone.stop(at + 0.4);
}
