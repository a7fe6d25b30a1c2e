// The witness's log as it grows: whole lines only, each parsed once.
import { closeSync, openSync, readSync } from 'node:fs';
import type { WitnessEvent } from '../support/witness-events.js';

export interface LogTail {
  /** Everything so far, the same array each time. */
  read(): readonly WitnessEvent[];
  close(): void;
}

const CHUNK_BYTES = 256 * 1024;

export function tailOf(logPath: string): LogTail {
  const file = openSync(logPath, 'r');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const events: WitnessEvent[] = [];
  let position = 0;
  let rest = '';
  return {
    read() {
      for (;;) {
        const bytes = readSync(file, chunk, 0, CHUNK_BYTES, position);
        if (bytes === 0) return events;
        position += bytes;
        const lines = (rest + chunk.toString('latin1', 0, bytes)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) events.push(JSON.parse(line) as WitnessEvent);
      }
    },
    close: () => closeSync(file),
  };
}
