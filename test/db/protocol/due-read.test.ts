// The due read: one statement that says what is due, when the next will be, and whether the sweep has work.
import { expect } from 'chai';
import type { Database } from '../../../runtime/db/database.js';
import { type Due, readDue } from '../../../runtime/lock/due.js';
import { startMulti } from '../../../runtime/lock/multi.js';
import { dueAt, dueAtWhenIdle, type JobRow } from '../../../runtime/lock/row.js';
import { job } from '../../support/jobs.js';
import { eachWorld, type Member } from '../../support/world.js';

const MINUTE_MS = 60_000;

eachWorld((world, test) => {
  let member: Member;
  const due = (): Promise<Due> => readDue(member.instance);

  beforeEach(async () => {
    member = await world.member();
  });

  it('says nothing of an empty table but the time', async () => {
    expect(await due()).to.deep.equal({
      nowMs: world.now,
      jobs: [],
      nextDueMs: null,
      leaseOver: false,
      orphans: false,
      held: 0,
      retriesDue: false,
      nextRetryMs: null,
    });
  });

  it('names what is due now, and when the next comes', async () => {
    await world.register(
      member,
      job('a'),
      job('b'),
      job('later', { cron: '0 * * * *' }),
      job('manual', { cron: null }),
    );
    expect(await due()).to.include({ nextDueMs: world.now + MINUTE_MS });
    await world.pass(MINUTE_MS);
    const found = await due();
    expect([...found.jobs].sort()).to.deep.equal(['a', 'b']);
    expect(found.nextDueMs).to.equal(world.now + 59 * MINUTE_MS);
  });

  it('sees only its own application', async () => {
    await world.register(member, job('a'));
    await world.pass(MINUTE_MS);
    const other = { ...member.instance, app: 'other' };
    expect(await readDue(other)).to.deep.include({ jobs: [], nextDueMs: null, leaseOver: false, orphans: false });
  });

  it('tells of a lease that is over, or too far ahead, and not of one that was ended', async () => {
    const lost = await world.member();
    world.freeze(lost);
    await world.pass(15_000);
    expect(await due()).to.include({ leaseOver: false });
    await world.pass(1);
    expect(await due()).to.include({ leaseOver: true });
    const set = (column: string, value: number | string) =>
      world.database.execute(`UPDATE ${world.database.tables.job_instance} SET ${column} = ? WHERE id = ?`, [
        value,
        lost.instance.id,
      ]);
    await set('lease_until', world.now + 15_001);
    expect(await due()).to.include({ leaseOver: true });
    await set('lease_until', world.now + 15_000);
    expect(await due()).to.include({ leaseOver: false });
    await set('lease_until', 1);
    await set('state', 'DEAD');
    expect(await due()).to.include({ leaseOver: false });
  });

  it('tells of a run without a living owner, in job_info and in the log of multi-instance jobs', async () => {
    const [every, multi] = [job('every'), job('multi', { globalSingle: false })];
    const [one, two] = [await world.member(), await world.member()];
    const end = ({ instance }: Member) =>
      world.database.execute(`UPDATE ${world.database.tables.job_instance} SET state = 'DEAD' WHERE id = ?`, [
        instance.id,
      ]);
    await world.register(member, every, multi);
    await world.pass(MINUTE_MS);
    await world.take(one, every);
    await startMulti(two.instance, multi, { fireMs: world.now, kind: 'cron' });
    expect(await due()).to.include({ orphans: false });
    await end(two);
    expect(await due()).to.include({ orphans: true });
    await world.sweep(member);
    expect(await due()).to.include({ orphans: false });
    await end(one);
    expect(await due()).to.include({ orphans: true });
    await world.sweep(member);
    expect(await due()).to.include({ orphans: false });
  });

  it('has, in SQL, the rule of dueAt for a row that becomes idle', async () => {
    const { database } = world;
    const [no, yes] = [0, 1] as const;
    const combinations = [no, yes].flatMap((paused) =>
      [no, yes].flatMap((retired) =>
        [null, 5].flatMap((trigger_at) =>
          [no, yes].flatMap((trigger_forced) =>
            [null, 6].flatMap((queued_fire_at) =>
              [null, 7, world.now + 8].map((next_fire_at) => ({
                paused,
                retired,
                trigger_at,
                trigger_forced,
                queued_fire_at,
                next_fire_at,
              })),
            ),
          ),
        ),
      ),
    );
    expect(combinations).to.have.length(96);
    await world.register(member, job('every'));
    for (const row of combinations) {
      await world.set('every', { ...row, rerun_fire_at: null, due_at: -1 });
      await database.execute(
        `UPDATE ${database.tables.job_info} SET due_at = ${dueAtWhenIdle(member.instance)} WHERE name = ?`,
        ['every'],
      );
      const whole = { ...row, status: 'IDLE', rerun_fire_at: null, deadline_at: null } as JobRow;
      expect((await world.row('every')).due_at, JSON.stringify(row)).to.equal(dueAt(whole, world.now, false));
    }
    await world.begin();
  });

  it('looks at no job that is not due, whatever their number', async function () {
    if (test.dialect === 'sqlite') this.skip();
    this.timeout(60_000);
    await fill(world.database, 1_000, world.now);
    await world.database.execute(`UPDATE ${world.database.tables.job_info} SET due_at = ? WHERE name < 'j0005'`, [
      world.now - 1,
    ]);
    await world.database.query(`ANALYZE TABLE ${world.database.tables.job_info}`, []);
    let sql = '';
    let values: readonly (string | number | null)[] = [];
    const spy = Object.assign(Object.create(world.database) as Database, {
      query: async (text: string, given: never) => {
        [sql, values] = [text, given];
        return world.database.query(text, given);
      },
    });
    const { dialect, tables } = world.database;
    await readDue({ ...member.instance, database: { ...spy, dialect, tables } as never });
    const plan = await world.database.query<{ table: string | null; type: string | null; rows: number | null }>(
      `EXPLAIN ${sql}`,
      values,
    );
    const scans = plan.filter(({ table, type }) => table !== null && /^[dnj]$/.test(table) && type === 'ALL');
    expect(scans, JSON.stringify(plan, null, 1)).to.deep.equal([]);
    const most = plan.filter(({ table }) => table === 'd').map(({ rows }) => rows ?? 0);
    expect(Math.max(...most)).to.be.lessThan(50);
    await world.begin();
  });

  async function fill(database: Database, count: number, nowMs: number): Promise<void> {
    const names = Array.from({ length: count }, (_, n) => `j${String(n).padStart(4, '0')}`);
    const one = "('shop', ?, 'd', 'UTC', 1, 'skip', 0, 'h', 'c', 0, 0, 'IDLE', 1, 0, ?, ?, 0, 0, 0, 0, 0, ?)";
    await database.execute(
      `INSERT INTO ${database.tables.job_info} (app, name, description, timezone, global_single, on_lost, max_retries, def_hash, def_config,
         paused, retired, status, fence, guards, fire_at, next_fire_at, run_manual, rerun_manual, trigger_forced, last_trigger_at,
         failures_in_a_row, due_at) VALUES ${names.map(() => one).join(', ')}`,
      names.flatMap((name, n) => [name, nowMs, nowMs + 1_000 + n, nowMs + 1_000 + n]),
    );
  }
});
