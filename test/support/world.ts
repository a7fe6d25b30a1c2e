// A small world for tests of the protocol's steps: jobs, members and rows in one database whose clock stands still.
// What must hold: the steps are the runtime's own; only the driving of them and the reading of rows is here. Rows are
// read with statements of our own, so that a wrong statement of the runtime cannot hide itself. Every test ends with
// the invariants of docs/protocol.md over all rows that it left.

import { expect } from 'chai';
import { stopwatch } from '../../runtime/clock.js';
import { timingOf } from '../../runtime/config.js';
import type { Database } from '../../runtime/db/database.js';
import type { SqlValue, Step } from '../../runtime/db/step.js';
import type { Acquired, AcquireResult } from '../../runtime/lock/acquire.js';
import { acquire } from '../../runtime/lock/acquire-batch.js';
import { Acquisitions } from '../../runtime/lock/acquisitions.js';
import { ClaimKeys } from '../../runtime/lock/claim-keys.js';
import { finishStep, type Held } from '../../runtime/lock/finish.js';
import { beatStatement, type Instance, insertInstance, newInstanceId } from '../../runtime/lock/instance.js';
import type { Job } from '../../runtime/lock/job.js';
import { Lease, moment } from '../../runtime/lock/lease.js';
import { endingWithout } from '../../runtime/lock/logRow.js';
import type { Membership } from '../../runtime/lock/membership.js';
import { register } from '../../runtime/lock/register.js';
import { Sightings } from '../../runtime/lock/sweep.js';
import { Events } from '../../runtime/run/events.js';
import { sweep } from '../../runtime/run/recover.js';
import { FakeClock } from '../../runtime/testing/fake-clock.js';
import type { AppEvents, Outcome } from '../../runtime/types.js';
import { type EachDatabaseOptions, eachDatabase, type TestDatabase } from './databases.js';
import { brokenRules, type InfoRow, type LogLine } from './log-rules.js';

export const APP = 'shop';
export const TIMING = timingOf(15_000, 10_000, 30_000);
const TABLES = ['job_info', 'job_log', 'job_instance', 'job_beforehand_retry', 'job_retry'] as const;

/** A membership that beats when the test says so, and what was said of its acquires. */
export interface Member extends Membership {
  readonly duplicates: string[];
  readonly refused: string[];
  readonly onDuplicate: (job: string) => void;
  readonly onRefused: (job: string) => void;
}

export interface MemberOptions {
  readonly configHash?: string;
  readonly scheduling?: boolean;
  /** Another way to the same rows, such as a lossy one. */
  readonly database?: Database;
}

export class World {
  clock = new FakeClock();
  readonly test: TestDatabase;
  #database: Database | undefined;
  #members: Member[] = [];
  #granted = new Map<string, number[]>();

  constructor(test: TestDatabase) {
    this.test = test;
  }

  get database(): Database {
    if (this.#database === undefined) throw new Error('the world exists only inside tests and hooks');
    return this.#database;
  }

  async open(): Promise<void> {
    this.#database = await this.test.openTestDatabase({ nowMs: () => this.clock.now() });
  }

  /** Empty tables, Monday 00:00. */
  async begin(): Promise<void> {
    this.clock = new FakeClock();
    this.#members = [];
    this.#granted = new Map();
    for (const table of TABLES)
      await this.database.execute(`DELETE FROM ${this.database.tables[table]} WHERE 1 = 1`, []);
  }

  /** The rules that hold whatever happened. @throws AssertionError */
  async check(): Promise<void> {
    expect(brokenRules({ info: await this.rows(), log: await this.log(), nowMs: this.now })).to.deep.equal([]);
    for (const [job, fences] of this.#granted) {
      const increasing = fences.every((fence, at) => at === 0 || fence > (fences[at - 1] ?? 0));
      expect(increasing, `S2: fences of ${job}: ${fences.join(', ')}`).to.equal(true);
    }
  }

  get now(): number {
    return Math.floor(this.clock.now());
  }

  async member({
    configHash = 'v1',
    scheduling = true,
    database = this.database,
  }: MemberOptions = {}): Promise<Member> {
    const instance: Instance = { database, app: APP, id: newInstanceId(), configHash, timing: TIMING };
    const lease = new Lease(this.clock, TIMING);
    await insertInstance(instance, { version: '0.0.0', scheduling });
    lease.confirm(moment(this.clock));
    const duplicates: string[] = [];
    const refused: string[] = [];
    const heartbeat = { stop: async () => {} };
    const member = {
      instance,
      lease,
      heartbeat,
      acquisitions: new Acquisitions(),
      claimKeys: new ClaimKeys(),
      sightings: new Sightings(),
      duplicates,
      onDuplicate: (job: string) => duplicates.push(job),
      refused,
      onRefused: (job: string) => refused.push(job),
    };
    this.#members.push(member);
    return member;
  }

  /** One beat. */
  async beat({ instance, lease }: Member): Promise<void> {
    const { sql, values } = beatStatement(instance);
    if ((await instance.database.execute(sql, values)) === 1) lease.confirm(moment(this.clock));
    else lease.lose();
  }

  /** A member that does nothing more, not even beat. */
  freeze(member: Member): void {
    this.#members = this.#members.filter((one) => one !== member);
  }

  /** Time passes, and everybody who is not frozen has beaten at its end. */
  async pass(byMs: number): Promise<void> {
    this.clock.jump(byMs);
    for (const member of this.#members) await this.beat(member);
  }

  async register(member: Member, ...jobs: readonly Job[]): Promise<void> {
    await register(member.instance, jobs, { takeOver: true });
  }

  async acquire(member: Member, ...jobs: readonly Job[]): Promise<AcquireResult> {
    const result = await acquire(
      { ageMs: stopwatch(this.clock), ...member },
      jobs.map((job) => ({ job, mayRun: true })),
    );
    for (const { job, fence } of result.acquired)
      this.#granted.set(job.name, [...(this.#granted.get(job.name) ?? []), fence]);
    return result;
  }

  /** The one run that there must be. */
  async take(member: Member, job: Job): Promise<Held> {
    const { acquired } = await this.acquire(member, job);
    expect(acquired, `runs of ${job.name}`).to.have.length(1);
    return held(acquired[0] as Acquired);
  }

  /** true: written; false: fenced. */
  async finish(
    { instance }: Member,
    run: Held,
    outcome: 'succeeded' | 'failed' | 'cancelled' = 'succeeded',
  ): Promise<boolean> {
    const result = await instance.database.transaction(() => finishStep(instance, run, endingWithout(outcome)));
    return result === true;
  }

  /** A sweep as a tick does it; what it said. */
  async sweep(member: Member): Promise<Said> {
    const events = new Events();
    const said: Said = { ended: [], lost: [], blocked: [] };
    events.on('instance.ended', ({ ended }) => said.ended.push(...ended));
    events.on('run.lost', (lost) => said.lost.push(lost));
    events.on('sweep.blocked', ({ job }) => said.blocked.push(job));
    await sweep({ membership: member, clock: this.clock, events });
    return said;
  }

  /** Runs a step as the runtime would. */
  async run<T>(step: () => Step<T>): Promise<T> {
    return (await this.database.transaction(step)) as T;
  }

  async rows(): Promise<readonly InfoRow[]> {
    return this.database.query<InfoRow>(`SELECT * FROM ${this.database.tables.job_info} ORDER BY name`, []);
  }

  async row(name: string): Promise<InfoRow> {
    const found = (await this.rows()).find((row) => row.name === name);
    if (found === undefined) throw new Error(`no row of ${name}`);
    return found;
  }

  /** In the order of insertion, as far as the ids tell. */
  async log(job?: string): Promise<readonly LogLine[]> {
    const all = await this.database.query<LogLine>(
      `SELECT * FROM ${this.database.tables.job_log} ORDER BY started_at, id`,
      [],
    );
    return all.filter((line) => job === undefined || line.job_name === job);
  }

  /** `fire+seconds attempt outcome note` of each row, for short expectations; seconds count from Monday 00:00. */
  async story(job?: string): Promise<string[]> {
    const start = new FakeClock().now();
    const lines = [...(await this.log(job))].sort((a, b) => a.fire_at - b.fire_at || a.attempt - b.attempt);
    return lines.map(({ fire_at, attempt, outcome, missed_count, note, manual }) => {
      const count = missed_count === null ? '' : ` x${missed_count}`;
      return `${manual ? 'manual ' : ''}+${(fire_at - start) / 1000} #${attempt} ${outcome}${count}${note === null ? '' : ` (${note})`}`;
    });
  }

  /** Writes straight into a table, as a person with a client would. */
  async set(job: string, values: Readonly<Record<string, SqlValue>>): Promise<void> {
    const set = Object.keys(values)
      .map((column) => `${column} = ?`)
      .join(', ');
    await this.database.execute(`UPDATE ${this.database.tables.job_info} SET ${set} WHERE name = ?`, [
      ...Object.values(values),
      job,
    ]);
  }
}

export interface Said {
  readonly ended: string[];
  readonly lost: AppEvents['run.lost'][];
  readonly blocked: string[];
}

export function held(run: Acquired): Held {
  return { run, attempt: run.grant.attempt, logId: run.logId };
}

export function outcomes(lines: readonly LogLine[]): Outcome[] {
  return lines.map(({ outcome }) => outcome);
}

/** Declares the suite once for each dialect, each test in an empty world that is checked at its end. */
export function eachWorld(suite: (world: World, test: TestDatabase) => void, options: EachDatabaseOptions = {}): void {
  eachDatabase((test) => {
    const world = new World(test);
    before(() => world.open());
    beforeEach(() => world.begin());
    afterEach(async function () {
      if (this.currentTest?.state !== 'failed') await world.check();
    });
    suite(world, test);
  }, options);
}
