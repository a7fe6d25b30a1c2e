// How an attempt ended, as a value, and the text of its error as job_log keeps it.
// What must hold: any thrown value can be stored: control characters go, text is cut, nothing of it can throw.
import type { Ending } from '../lock/logRow.js';
import type { Outcome } from '../types.js';

/** Bytes kept of a message and of a stack. */
const KEPT_BYTES = 4 * 1024;

export interface AttemptResult {
  readonly outcome: Extract<Outcome, 'succeeded' | 'failed' | 'timed_out' | 'cancelled'>;
  readonly error?: unknown;
}

export function endingOf({ outcome, error }: AttemptResult, note: string | null = null): Ending {
  if (error === undefined && outcome === 'succeeded')
    return { outcome, errorName: null, errorMessage: null, errorStack: null, note };
  const told = tell(error);
  return {
    outcome,
    errorName: cut(told.name, 255),
    errorMessage: cut(told.message, KEPT_BYTES),
    errorStack: told.stack === null ? null : cut(told.stack, KEPT_BYTES),
    note,
  };
}

/** Name, message with its causes, and stack of anything that can be thrown. */
function tell(error: unknown): { name: string; message: string; stack: string | null } {
  try {
    if (!(error instanceof Error))
      return { name: error === null ? 'null' : typeof error, message: String(error), stack: null };
    return {
      name: String(error.name),
      message: messageWithCauses(error),
      stack: error.stack === undefined ? null : String(error.stack),
    };
  } catch {
    return { name: 'unreadable', message: 'the thrown value cannot be turned into text', stack: null };
  }
}

function messageWithCauses(error: Error): string {
  const messages: string[] = [];
  const seen = new Set<unknown>();
  for (let at: unknown = error; at instanceof Error && !seen.has(at) && messages.length < 5; at = at.cause) {
    seen.add(at);
    messages.push(String(at.message));
  }
  return messages.join(' ← ');
}

function cut(text: string, bytes: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be stored
  const clean = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '');
  const encoded = Buffer.from(clean, 'utf8'); // a lone surrogate becomes U+FFFD: utf8mb4 would refuse it
  if (encoded.length <= bytes) return encoded.toString('utf8');
  return `${new TextDecoder().decode(encoded.subarray(0, bytes - 3)).replace(/\ufffd+$/, '')}…`;
}
