// Every step of the protocol, driven once over a scripted database: the name of a block of docs/protocol.md, and what
// the code sent. Only replies are made up here; no SQL is.
import type { DialectName } from '../../runtime/db/dialect.js';
import { acquireStep, findAcquired } from '../../runtime/lock/acquire.js';
import { readDue } from '../../runtime/lock/due.js';
import {
  attemptAfter,
  finishManyStep,
  finishStep,
  giveBackStep,
  guardStatement,
  handOverStep,
  heldAcqIds,
  nextAttemptStep,
} from '../../runtime/lock/finish.js';
import { beatStatement, endInstance, type Instance, insertInstance } from '../../runtime/lock/instance.js';
import { endingWithout, isWritten, startWaiting } from '../../runtime/lock/logRow.js';
import {
  decideMultiStep,
  finishMultiStep,
  guardMultiStatement,
  isRedefined,
  startMulti,
} from '../../runtime/lock/multi.js';
import { pausesBetween } from '../../runtime/lock/pauses.js';
import { keepRegistered, register } from '../../runtime/lock/register.js';
import { pauseStep, resumeStep, triggerStep } from '../../runtime/lock/request.js';
import { endLostInstances, endOrphanLogRows, findOrphans, freeOrphanStep } from '../../runtime/lock/sweep.js';
import { CALL_SCENARIOS } from './call-steps.js';
import { createRecorder, type Sent } from './recorder.js';
import { CANDIDATE, DUE_ROW, HELD, IDLE_ROW, instanceOn, JOB, MULTI, RUN, RUNNING_ROW, sweeper } from './scenery.js';

export interface Block {
  readonly name: string;
  readonly sent: readonly Sent[];
}

interface Scenario {
  /** What a SELECT that holds the text answers. */
  readonly rows?: Readonly<Record<string, readonly object[]>>;
  /** Rows that each write changes; 1 if left out. */
  readonly affected?: number;
  readonly drive: (instance: Instance) => Promise<unknown>;
}

/** In every read of a whole row of job_info, and nowhere else. */
const WHOLE_ROW = 'AS owner_alive';
const acquire = (row: object): Scenario => ({
  rows: { [WHOLE_ROW]: [row] },
  drive: (who) => who.database.transaction(() => acquireStep(who, [CANDIDATE], who.timing.graceMs)),
});
const locked = (row: object, drive: Scenario['drive']): Scenario => ({ rows: { [WHOLE_ROW]: [row] }, drive });
const plain = (drive: Scenario['drive']): Scenario => ({ drive });
const changed = { name: JOB.name, def_hash: 'theirs', def_config: 'theirs', retired: 0 };

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  join: plain((who) => insertInstance(who, { version: '1', scheduling: true })),
  beat: plain((who) => who.database.execute(beatStatement(who).sql, beatStatement(who).values)),
  register: plain((who) => register(who, [JOB], { takeOver: true })),
  redefine: {
    rows: { 'SELECT name, def_hash': [changed], [WHOLE_ROW]: [{ ...IDLE_ROW, cron: '0 * * * *', timezone: 'UTC' }] },
    drive: (who) => register(who, [JOB], { takeOver: true }),
  },
  keep: {
    rows: {
      'NOT EXISTS': [
        { ...changed, abandoned: 0 },
        { ...changed, name: 'gone', abandoned: 1 },
      ],
    },
    drive: (who) => keepRegistered(who, [JOB]),
  },
  due: { rows: { next_due: [DUE_ROW] }, drive: readDue },
  acquire: acquire(IDLE_ROW),
  'acquire-rerun': acquire({ ...IDLE_ROW, rerun_fire_at: 1, rerun_kind: 'rerun', rerun_attempt: 2 }),
  'acquire-manual': acquire({ ...IDLE_ROW, trigger_at: 1 }),
  'acquire-queued': acquire({ ...IDLE_ROW, queued_fire_at: 1 }),
  overlap: acquire(RUNNING_ROW),
  'take-away': acquire({ ...RUNNING_ROW, deadline_at: 1 }),
  'look-up': plain((who) => findAcquired(who, [CANDIDATE])),
  'next-attempt': plain((who) =>
    who.database.transaction(() =>
      nextAttemptStep(who, HELD, { next: attemptAfter(HELD), ending: endingWithout('failed') }),
    ),
  ),
  'start-waiting': plain((who) => startWaiting(who, 'log')),
  finish: plain((who) => who.database.transaction(() => finishStep(who, HELD, endingWithout('succeeded')))),
  'finish-many': {
    affected: 2,
    drive: (who) => who.database.transaction(() => finishManyStep(who, [HELD, HELD])),
  },
  'finish-again': plain((who) => isWritten(who, 'log', 'succeeded')),
  'hand-over': locked(RUNNING_ROW, (who) =>
    who.database.transaction(() => handOverStep(who, HELD, endingWithout('cancelled'))),
  ),
  guard: plain((who) => who.database.execute(guardStatement(who, RUN).sql, guardStatement(who, RUN).values)),
  'give-back': locked(RUNNING_ROW, async (who) => {
    await heldAcqIds(who);
    await who.database.transaction(() => giveBackStep(who, 'acq'));
  }),
  'end-lost': {
    rows: { 'i.beats FROM': [{ id: 'gone', beats: 7 }] },
    drive: async (who) => {
      await endLostInstances(sweeper(who));
    },
  },
  'find-orphans': plain(findOrphans),
  'free-orphan': locked({ ...RUNNING_ROW, owner_alive: 0 }, (who) =>
    who.database.transaction(() => freeOrphanStep(who, { name: JOB.name, owner: 'gone', fence: 1 })),
  ),
  'orphan-logs': { rows: { 'l.id FROM': [{ id: 'log' }] }, drive: endOrphanLogRows },
  trigger: locked(IDLE_ROW, (who) =>
    who.database.transaction(() => triggerStep(who, { job: JOB.name, input: null, force: false })),
  ),
  pause: locked(IDLE_ROW, (who) => who.database.transaction(() => pauseStep(who, JOB.name))),
  resume: locked({ ...IDLE_ROW, paused: 1 }, (who) => who.database.transaction(() => resumeStep(who, JOB.name, JOB))),
  'start-multi': plain((who) => startMulti(who, JOB, { fireMs: 1, kind: 'cron' })),
  'redefined-multi': plain((who) => isRedefined(who, JOB)),
  'pauses-multi': {
    rows: { 'SELECT paused': [{ paused: 0, fire_at: 1 }], missed_count: [] },
    drive: (who) => pausesBetween(who, JOB, { afterMs: 1, nowMs: 2 }),
  },
  'finish-multi': plain((who) =>
    who.database.transaction(() => finishMultiStep(who, MULTI, endingWithout('succeeded'))),
  ),
  'decide-multi': plain((who) =>
    who.database.transaction(() =>
      decideMultiStep(who, { job: JOB.name, fireMs: 1, outcome: 'skipped', count: 1, note: 'overlap' }),
    ),
  ),
  'guard-multi': plain((who) =>
    who.database.execute(guardMultiStatement(who, MULTI).sql, guardMultiStatement(who, MULTI).values),
  ),
  leave: plain((who) => endInstance(who, 'STOPPED')),
  ...CALL_SCENARIOS,
};

/** @param now a short text for the clock's expression; the dialect's own if left out */
export async function protocolBlocks(dialect: DialectName, now?: string): Promise<readonly Block[]> {
  const blocks: Block[] = [];
  for (const [name, { rows = {}, affected = 1, drive }] of Object.entries(SCENARIOS)) {
    const answer = (sql: string) => {
      const [, found] = Object.entries(rows).find(([part]) => sql.includes(part)) ?? [];
      return sql.startsWith('SELECT') ? { rows: found ?? [{ now_ms: IDLE_ROW.now_ms }] } : { affected };
    };
    const recorder = createRecorder(dialect, answer, now);
    await drive(instanceOn(recorder.database));
    blocks.push({ name, sent: recorder.sent });
  }
  return blocks;
}
