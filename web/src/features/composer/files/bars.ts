/** So many bars a waveform has. */
export const BARS = 100;

/**
 * A waveform out of what was heard: `levels` are loudnesses (RMS, 0 to 1) at equal distances. Of each part the RMS,
 * beside the loudest, on a square-root curve, as the server draws it from the file.
 */
export function waveformOf(levels: readonly number[], count = BARS): number[] {
  if (levels.length === 0) return new Array(count).fill(0);
  const bars = Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * levels.length) / count);
    const to = Math.max(from + 1, Math.floor(((index + 1) * levels.length) / count));
    const part = levels.slice(from, to);
    return Math.sqrt(part.reduce((sum, level) => sum + level * level, 0) / part.length);
  });
  const most = Math.max(...bars);
  if (most === 0) return bars;
  return bars.map((bar) => Math.round(Math.sqrt(bar / most) * 1000) / 1000);
}

/** How loud samples are (−1 to 1): their RMS. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 ? 0 : Math.min(1, Math.sqrt(sum / samples.length));
}
