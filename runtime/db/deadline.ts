// An upper bound for anything a driver promises.
// What must hold: the promise settles by then, whatever the driver does (a frozen server, a handshake that hangs, the
// callbacks of a destroyed connection, which never come). After a block of the event loop a reply that already lies
// in the socket wins over a timer that is due: hence the second turn before giving up. mysql2's own `timeout` lacks
// that, and does not cover connecting, so it is not used.
import { timedOut } from './errors.js';

export interface Bounded<T> {
  /** For the message. */
  readonly what: string;
  readonly limitMs: number;
  start(): Promise<T>;
  /** Called once when the limit has passed; whatever `start` returned is not awaited any more. */
  giveUp(): void;
}

export function within<T>(o: Bounded<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let settled = false;
    const settle = (how: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      how();
    };
    const expire = (): void =>
      settle(() => {
        reject(timedOut(o.what, o.limitMs));
        o.giveUp();
      });
    const timer = setTimeout(() => setImmediate(expire), o.limitMs);
    o.start().then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
  });
}
