// Ids of rows that this process makes: UUIDv7, so that rows made one after the other lie one after the other in their index,
// and two of the same millisecond are told apart in the order they were made. What must hold: no two are ever equal (62 bits
// of chance), and nothing is decided by them: between machines their order means nothing.
import { randomUUID } from 'node:crypto';

/** RFC 9562, version 7; the 12 bits after the milliseconds are their fraction, not a counter: nothing is kept between two calls. */
export function newId(): string {
  const nowMs = preciseNow();
  const ms = Math.floor(nowMs);
  const fraction = Math.floor((nowMs - ms) * 4096);
  const time = ms.toString(16).padStart(12, '0');
  // variant and chance from Node's own, which takes its bytes from a pool: asking for 16 of them costs thirty times as much
  const rest = randomUUID().slice(18);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${fraction.toString(16).padStart(3, '0')}${rest}`;
}

/** By the monotonic clock, until that has parted from the wall clock: somebody set it, or the machine slept. */
function preciseNow(): number {
  const precise = performance.timeOrigin + performance.now();
  const wall = Date.now();
  return Math.abs(precise - wall) < 1_000 ? precise : wall;
}
