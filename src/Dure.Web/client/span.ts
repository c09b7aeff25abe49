// The stretch of time that charts show, in microseconds since 1970, and how people move it.

export interface Stretch { from: number; to: number }

/** No chart zooms in further than this many microseconds. */
const narrowest = 1_000;

export function zoomed(shown: Stretch, whole: Stretch, factor: number, centre = (shown.from + shown.to) / 2): Stretch {
  const width = Math.max(narrowest, (shown.to - shown.from) * factor);
  const left = ((centre - shown.from) / (shown.to - shown.from)) * width;
  return within({ from: centre - left, to: centre - left + width }, whole);
}

export function moved(shown: Stretch, whole: Stretch, share: number): Stretch {
  const by = (shown.to - shown.from) * share;
  return within({ from: shown.from + by, to: shown.to + by }, whole);
}

/** The same width inside of the whole, or the whole when it is wider. */
export function within(wanted: Stretch, whole: Stretch): Stretch {
  const width = wanted.to - wanted.from;
  if (width >= whole.to - whole.from) return { ...whole };
  const from = Math.min(Math.max(wanted.from, whole.from), whole.to - width);
  return { from: Math.round(from), to: Math.round(from + width) };
}

const two = (value: number) => String(value).padStart(2, '0');

/** A UTC time as fine as the given step, in seconds, needs. */
export function written(micros: number, step: number): { day: string; clock: string } {
  const time = new Date(micros / 1000);
  const day = `${time.getUTCFullYear()}-${two(time.getUTCMonth() + 1)}-${two(time.getUTCDate())}`;
  const minutes = `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}`;
  const seconds = `${minutes}:${two(time.getUTCSeconds())}`;
  const clock = step >= 86_400 ? '' : step >= 60 ? minutes : step >= 1 ? seconds : `${seconds}.${String(time.getUTCMilliseconds()).padStart(3, '0')}`;
  return { day, clock };
}

export function writtenWhole(micros: number): string {
  const { day, clock } = written(micros, 1);
  return `${day} ${clock}`;
}
