// biome-ignore-all lint/suspicious/noTemplateCurlyInString: patches are source text
// The mutants: builds of the runtime with one whole layer of docs/protocol.md taken out, each with the play that needs that
// layer and the invariant that must then break. A test that stays green under its mutant proves nothing.
// Old texts must stand in the sources exactly once: whoever changes a line of these layers meets its mutant here.
import type { Patch } from './build.js';
import {
  frozenInAcquire,
  frozenInFinish,
  frozenInHandler,
  type MutantPlay,
  oneAlone,
  slowHeartbeat,
  sweeperThatDies,
  twoLongRuns,
  twoWithOneLate,
} from './mutant-plays.js';

export interface Mutant {
  /** In file names, so in [a-z]. */
  readonly name: string;
  /** What is taken out. */
  readonly without: string;
  readonly invariant: string;
  readonly play: MutantPlay;
  readonly patches: readonly Patch[];
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'watermark',
    without: 'the last fire taken, in plan and WHERE, and the unique key of job_log',
    invariant: 'S1',
    play: twoWithOneLate,
    patches: [
      patch('runtime/lock/decide.ts', 'lastFireMs: row.fire_at, nowMs', 'lastFireMs: row.now_ms - 10_000, nowMs'),
      patch(
        'runtime/lock/decide.ts',
        'row.next_fire_at !== null && row.next_fire_at <= row.now_ms',
        'row.next_fire_at !== null',
      ),
      patch('runtime/lock/acquire.ts', 'fire_at < ? AND next_fire_at <= ${now} AND', '? > 0 AND'),
      patch('runtime/db/tables.ts', "'slot', 'attempt'], unique: true }", "'slot', 'attempt'] }"),
    ],
  },
  {
    name: 'finish',
    without: 'fence, acq_id and status in the finish',
    invariant: 'S3',
    play: frozenInFinish,
    patches: [
      patch(
        'runtime/lock/finish.ts',
        `WHERE app = ? AND name = ? AND status = 'RUNNING' AND fence = ? AND acq_id = ?\`,
    [ending.outcome, briefly(ending), app, run.job.name, run.fence, run.acqId],`,
        `WHERE app = ? AND name = ?\`,
    [ending.outcome, briefly(ending), app, run.job.name],`,
      ),
      patch(
        'runtime/lock/finish.ts',
        `if (changed === 0) return ROLLBACK;
  return (yield* endLogRow(instance, held.logId, ending)) === 0 ? ROLLBACK : true;
}

/** Ends several`,
        `yield* endLogRow(instance, held.logId, ending);
  return true;
}

/** Ends several`,
      ),
      patch('runtime/lock/finish.ts', "'(name = ? AND fence = ? AND acq_id = ?)'", "'(name = ?)'"),
      patch('runtime/lock/finish.ts', '[run.job.name, run.fence, run.acqId])]', '[run.job.name])]'),
      patch(
        'runtime/lock/finish.ts',
        "WHERE app = ? AND status = 'RUNNING' AND (${helds",
        'WHERE app = ? AND (${helds',
      ),
      patch('runtime/lock/finish.ts', 'return logged === helds.length ? true : ROLLBACK;', 'return true;'),
    ],
  },
  {
    name: 'deadmark',
    without: 'the lease in marking an instance DEAD',
    invariant: 'S3',
    play: slowHeartbeat,
    patches: [
      patch(
        'runtime/lock/sweep.ts',
        'return `(i.lease_until < ${now} OR i.lease_until > ${now} + i.lease_ms)`;',
        "return '(1 = 1)';",
      ),
      patch('runtime/lock/sweep.ts', 'first === undefined || first.beats !== beats', 'first === undefined'),
      patch(
        'runtime/lock/sweep.ts',
        "WHERE i.app = ? AND i.state = 'ALIVE' AND ${leaseIsOver(instance)} LIMIT",
        "WHERE i.app = ? AND i.state = 'ALIVE' AND i.id <> '${instance.id}' LIMIT",
      ),
    ],
  },
  {
    name: 'ownlease',
    without: "the taker's own lease in acquire, in SQL and in the process",
    invariant: 'S3',
    play: frozenInAcquire,
    patches: [
      patch(
        'runtime/lock/acquire.ts',
        '${condition(database.dialect.now)} AND ${leaseHolds(instance)}',
        '${condition(database.dialect.now)}',
      ),
      patch(
        'runtime/lock/acquire.ts',
        '...[app, row.name, row.fence, grant.fireMs, id],',
        '...[app, row.name, row.fence, grant.fireMs],',
      ),
      patch('runtime/lock/acquire-batch.ts', 'if (lease.holds() && (timeoutMs', 'if (lease && (timeoutMs'),
    ],
  },
  {
    name: 'edge',
    without: 'the level in the sweep: it frees only what belonged to those it has just ended',
    invariant: 'L2',
    play: sweeperThatDies,
    patches: [
      patch(
        'runtime/run/recover.ts',
        'for (const orphan of await findOrphans(instance)) await',
        'for (const orphan of (await findOrphans(instance)).filter(({ owner }) => ended.includes(owner))) await',
      ),
    ],
  },
  {
    name: 'giveback',
    without: 'the question whether an acquire was abandoned, before it is given back',
    invariant: 'S1',
    play: twoLongRuns,
    patches: [
      patch('runtime/run/recover.ts', 'if (abandoned.size === 0) return;', ''),
      patch('runtime/run/recover.ts', 'if (!abandoned.has(acqId)) continue;', ''),
    ],
  },
  {
    name: 'guard',
    without: "the guard's verdict",
    invariant: 'S4',
    play: frozenInHandler,
    patches: [patch('runtime/run/context.ts', 'if (changed === 1) return;', 'if (changed < 2) return;')],
  },
  {
    name: 'early',
    without: "the database's clock: a fire may be taken up to 950 ms before its time",
    invariant: 'S5',
    play: oneAlone,
    patches: [
      patch(
        'runtime/lock/decide.ts',
        'lastFireMs: row.fire_at, nowMs: row.now_ms }',
        'lastFireMs: row.fire_at, nowMs: row.now_ms + 950 }',
      ),
      patch('runtime/lock/decide.ts', 'row.next_fire_at <= row.now_ms', 'row.next_fire_at <= row.now_ms + 950'),
      patch('runtime/lock/acquire.ts', 'fire_at < ? AND next_fire_at <= ${now} AND', 'fire_at < ? AND'),
      patch('runtime/lock/due.ts', 'd.due_at <= ${now}`', 'd.due_at <= ${now} + 950`'),
    ],
  },
];

function patch(file: string, old: string, to: string): Patch {
  return { file, old, new: to };
}
