// One direction of a proxied connection: passes bytes on in order, or holds them back while anyone asks it to.
// Holds add up: a delay that ends while the gate is frozen does not open it.
import type { Socket } from 'node:net';

export interface Gate {
  push(chunk: Buffer): void;
  /** Holds everything back, for `ms` or until `release()`. */
  hold(ms?: number): void;
  release(): void;
  /** Closes the target, after what is held has gone through. */
  end(): void;
}

export function gate(target: Socket): Gate {
  const held: Buffer[] = [];
  let holds = 0;
  let ending = false;
  const flush = () => {
    for (const chunk of held.splice(0)) if (!target.destroyed) target.write(chunk);
    if (ending) target.end();
  };
  const release = () => {
    holds -= 1;
    if (holds === 0) flush();
  };
  return {
    push(chunk) {
      held.push(chunk);
      if (holds === 0) flush();
    },
    hold(ms) {
      holds += 1;
      if (ms !== undefined) setTimeout(release, ms).unref();
    },
    release,
    end() {
      ending = true;
      if (holds === 0) flush();
    },
  };
}
