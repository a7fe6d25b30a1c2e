// How a claimed record ends here: what is settled of an execution's outcome, and what is said of it once it stands.
// What must hold: attempts are never exceeded, whatever the outcome asks for.
import type { Emit } from '../types.js';
import type { CallOutcome, ClaimedRecord } from './record.js';

export function finalOf({ attempt, maxRetries }: ClaimedRecord, outcome: CallOutcome): CallOutcome {
  if (outcome.state === 'RETRY' && attempt > maxRetries) return { state: 'DEAD', error: outcome.error };
  return outcome;
}

type Call = Pick<ClaimedRecord, 'kind' | 'id' | 'service' | 'method' | 'attempt'>;

/** To whoever listens; what it became stands in the database by now. */
export function tellEnd(tell: Emit, record: Call, outcome: CallOutcome): void {
  const { kind, id, service, method, attempt } = record;
  const call = { kind, id, service, method, attempt };
  if (outcome.state === 'SUCCEEDED') tell('call.succeeded', call);
  if (outcome.state === 'RETRY') tell('call.retrying', { ...call, error: outcome.error, delayMs: outcome.delayMs });
  if (outcome.state === 'DEAD') tell('call.dead', { ...call, error: outcome.error });
  if (outcome.state === 'UNKNOWN') tell('call.unknown', call);
}
