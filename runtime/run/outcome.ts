// How an attempt ended, as a value, and as the columns of its row in job_log.
import type { Ending } from '../lock/logRow.js';
import { errorText } from '../retry/error-text.js';
import type { Outcome } from '../types.js';

export interface AttemptResult {
  readonly outcome: Extract<Outcome, 'succeeded' | 'failed' | 'timed_out' | 'cancelled'>;
  readonly error?: unknown;
}

export function endingOf({ outcome, error }: AttemptResult, note: string | null = null): Ending {
  if (error === undefined && outcome === 'succeeded')
    return { outcome, errorName: null, errorMessage: null, errorStack: null, note };
  const { name, message, stack } = errorText(error);
  return { outcome, errorName: name, errorMessage: message, errorStack: stack, note };
}
