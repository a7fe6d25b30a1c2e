// A time zone as stretches of constant offset from UTC.
//
// The only source is Intl: what a clock in the zone shows at an instant. Stretches are found when they are asked for, 96
// days at a time, by steps and bisection, and kept by the zone that found them. The step is 6 days because the shortest
// stretch any zone has had or plans from 1970 to 2099 is an hour less than 7 days (Recife in 2000, Gaza in 2040):
// two changes inside one step would cancel out unseen. Nothing here knows schedules.

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
const STEP_MS = 6 * DAY_MS;
const CHUNK_MS = 16 * STEP_MS;
/** How far before its own days a search looks, for an overlap that reaches into them; longer than any (the date line's is 24 h). */
const MEMORY_MS = 2 * DAY_MS;
/** The zone where none is named. It needs no Intl, whose first use costs a start milliseconds. */
const UTC = 'UTC';

/** A change of offset. The clock goes forward (a gap) when `afterMs > beforeMs`, else back (an overlap). */
export interface OffsetChange {
  readonly atMs: number;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** Instants [startMs, endMs) in which wall time = instant + offsetMs. */
export interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
  readonly offsetMs: number;
  /** The latest change at or before the start, when it was not long ago. A stretch may also begin without one. */
  readonly change: OffsetChange | null;
}

export interface Zone {
  /** The stretch that holds an instant. */
  stretchAt(instantMs: number): Stretch;
}

/** Whether `name` is a zone that this process knows: an IANA name or UTC, not an offset such as +08:00. */
export function isTimezone(name: string): boolean {
  if (name === UTC) return true;
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** `name` must be a timezone (isTimezone). */
export function createZone(name: string): Zone {
  const chunks = new Map<number, readonly Stretch[]>();

  const chunkOf = (number: number): readonly Stretch[] => {
    const known = chunks.get(number);
    if (known !== undefined) return known;
    const found = findStretches(createOffsetReader(name), number * CHUNK_MS);
    chunks.set(number, found);
    return found;
  };

  return {
    stretchAt(instantMs) {
      const chunk = chunkOf(Math.floor(instantMs / CHUNK_MS));
      return chunk.find((stretch) => instantMs < stretch.endMs) as Stretch;
    },
  };
}

type OffsetReader = (instantMs: number) => number;

/** Reads offsets off a clock. Made anew for every chunk: a formatter is large, and there is a zone for every job. */
function createOffsetReader(timeZone: string): OffsetReader {
  if (timeZone === UTC) return () => 0;
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (instantMs) => {
    const [month, day, year, hour, minute, second] = (clock.format(instantMs).match(/\d+/g) ?? []).map(Number);
    const wallMs = Date.UTC(year as number, (month as number) - 1, day, hour, minute, second);
    return wallMs - Math.floor(instantMs / SECOND_MS) * SECOND_MS;
  };
}

function findStretches(offsetAt: OffsetReader, chunkMs: number): Stretch[] {
  const endMs = chunkMs + CHUNK_MS;
  const changes = findChanges(offsetAt, chunkMs - MEMORY_MS, endMs);
  const inside = changes.filter((change) => change.atMs > chunkMs);
  const recent = changes.findLast((change) => change.atMs <= chunkMs) ?? null;
  const starts = [{ startMs: chunkMs, change: recent }, ...inside.map((change) => ({ startMs: change.atMs, change }))];
  return starts.map(({ startMs, change }, index) => ({
    startMs,
    endMs: starts[index + 1]?.startMs ?? endMs,
    offsetMs: change?.afterMs ?? inside[0]?.beforeMs ?? offsetAt(chunkMs),
    change,
  }));
}

/** The changes in [fromMs, toMs). */
function findChanges(offsetAt: OffsetReader, fromMs: number, toMs: number): OffsetChange[] {
  const changes: OffsetChange[] = [];
  let lowMs = fromMs - SECOND_MS;
  let beforeMs = offsetAt(lowMs);
  while (lowMs < toMs - SECOND_MS) {
    const highMs = Math.min(lowMs + STEP_MS, toMs - SECOND_MS);
    const afterMs = offsetAt(highMs);
    if (afterMs !== beforeMs) changes.push({ atMs: bisect(offsetAt, lowMs, highMs), beforeMs, afterMs });
    lowMs = highMs;
    beforeMs = afterMs;
  }
  return changes;
}

/** The first second in (lowMs, highMs] that has the offset of highMs. */
function bisect(offsetAt: OffsetReader, lowMs: number, highMs: number): number {
  const afterMs = offsetAt(highMs);
  let [low, high] = [lowMs, highMs];
  while (high - low > SECOND_MS) {
    const middle = low + Math.floor((high - low) / 2 / SECOND_MS) * SECOND_MS;
    if (offsetAt(middle) === afterMs) high = middle;
    else low = middle;
  }
  return high;
}
