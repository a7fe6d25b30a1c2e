// The logger of `dal-job start` on a terminal. What a handler says last becomes the end of its run's line; what it said
// before, and what is a warning, is a line of its own. The runtime's own lines (they name an event) are left to the display.
import type { Log } from '../../runtime/types.js';
import { oneLine } from '../format.js';

/** Which attempt speaks. */
export interface Speaker {
  readonly job: string;
  readonly fireTime: string;
  readonly attempt: number;
}

export interface Spoken {
  readonly speaker: Speaker | null;
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

interface Kept extends Spoken {
  readonly atMs: number;
}

export class Said {
  readonly #tell: (spoken: Spoken) => void;
  readonly #last = new Map<string, Kept>();

  /** @param tell shows what has a line of its own */
  constructor(tell: (spoken: Spoken) => void) {
    this.#tell = tell;
  }

  /** The logger to hand to createApp; its `child` is what runs speak through. */
  log(speaker: Speaker | null = null): Log & { child: (fields: object) => Log } {
    const at = (level: Spoken['level']) => (fields: object, message?: string) =>
      this.#hear({ speaker, level, text: wordsOf(fields, message) }, 'event' in fields);
    const child = (fields: object) => this.log(speakerOf(fields));
    return { debug() {}, info: at('info'), warn: at('warn'), error: at('error'), child };
  }

  /** What an attempt said last, and forgets it. */
  take(speaker: Speaker): string {
    const kept = this.#last.get(keyOf(speaker));
    this.#last.delete(keyOf(speaker));
    return kept?.text ?? '';
  }

  /** Tells what was said longer ago than `ageMs` by runs that still go on. */
  flush(ageMs: number): void {
    for (const [key, kept] of this.#last) {
      if (Date.now() - kept.atMs < ageMs) continue;
      this.#last.delete(key);
      this.#tell(kept);
    }
  }

  #hear(spoken: Spoken, isRuntime: boolean): void {
    if (isRuntime && spoken.speaker === null) return;
    if (spoken.speaker === null || spoken.level !== 'info') {
      this.#tell(spoken);
      return;
    }
    const key = keyOf(spoken.speaker);
    const before = this.#last.get(key);
    if (before !== undefined) this.#tell(before);
    this.#last.set(key, { ...spoken, atMs: Date.now() });
  }
}

/** A run names its job, a recorded call its service and method. */
function speakerOf(fields: object): Speaker {
  const { service, method, id = '', attempt = 1 } = fields as Readonly<Record<string, string | number>>;
  if (service === undefined) return fields as Speaker;
  return { job: `${service}.${method}`, fireTime: String(id), attempt: Number(attempt) };
}

function keyOf({ job, fireTime, attempt }: Speaker): string {
  return `${job}@${fireTime}#${attempt}`;
}

/** `orders placed orders=3 cents=4200` */
function wordsOf(fields: object, message: string | undefined): string {
  if (typeof fields === 'string') return oneLine(fields);
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${textOf(value)}`);
  return oneLine([...(message === undefined ? [] : [message]), ...pairs].join(' '));
}

function textOf(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
