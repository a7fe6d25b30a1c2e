// Where kills are aimed on the way of a recorded call, told by its statements.
import type { Step } from './call-acts.js';

const INSERT = /^INSERT INTO job_beforehand_retry/;
const KEEP = /^INSERT INTO job_retry/;
const SETTLE = /^UPDATE job_beforehand_retry .*state = /s;
const CLAIM = /^UPDATE job_(beforehand_)?retry .*claim_key = /s;

export const CALL_STEPS: readonly Step[] = [
  { name: 'before its record', match: INSERT, kind: 'dropRequest' },
  { name: 'after its record', match: INSERT, kind: 'eatReply' },
  { name: 'before the record of its failure', match: KEEP, kind: 'dropRequest' },
  { name: 'after the record of its failure', match: KEEP, kind: 'eatReply' },
  { name: 'before its end is written', match: SETTLE, kind: 'dropRequest' },
  { name: 'after its end was written', match: SETTLE, kind: 'eatReply' },
  { name: 'before the claim of a retry', match: CLAIM, kind: 'dropRequest' },
  { name: 'after the claim of a retry', match: CLAIM, kind: 'eatReply' },
];
