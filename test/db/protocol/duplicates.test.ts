// A run row that exists although its fire is free (a restored or hand-edited table) costs that fire and nothing else.
import { expect } from 'chai';
import type { SqlValue } from '../../../runtime/db/step.js';
import type { Acquired } from '../../../runtime/lock/acquire.js';
import { job } from '../../support/jobs.js';
import { type LossyDatabase, lossy } from '../../support/lossy.js';
import { eachWorld, held, type Member } from '../../support/world.js';

const MINUTE_MS = 60_000;

eachWorld((world) => {
  const [bad, good, fine] = [job('bad'), job('good'), job('fine')] as const;
  let database: LossyDatabase;
  let member: Member;

  beforeEach(async () => {
    database = lossy(world.database);
    member = await world.member({ database });
    await world.register(member, bad, good, fine);
    await world.pass(MINUTE_MS);
  });

  it('takes the others of its batch, and closes the fire as skipped with an event', async () => {
    await ran('bad', world.now);
    const { acquired, decided } = await world.acquire(member, good, bad, fine);
    expect(acquired.map((run) => run.job.name)).to.have.members(['good', 'fine']);
    expect(decided).to.deep.equal([{ job: 'bad', outcome: 'skipped', fireMs: world.now, count: 1, note: 'duplicate' }]);
    expect(member.duplicates).to.deep.equal(['bad']);
    expect(await world.story('bad')).to.deep.equal(['+60 #0 skipped (duplicate)', '+60 #1 succeeded']);
    expect(await world.row('bad')).to.include({
      status: 'IDLE',
      fire_at: world.now,
      next_fire_at: world.now + MINUTE_MS,
    });
    expect(member.acquisitions.abandoned()).to.deep.equal([]);
  });

  it('runs the next fire of that job as if nothing had been', async () => {
    await ran('bad', world.now);
    await world.acquire(member, bad);
    await world.pass(MINUTE_MS);
    await world.finish(member, await world.take(member, bad));
    expect((await world.story('bad')).at(-1)).to.equal('+120 #1 succeeded');
  });

  it('still records the fires that the same plan dropped', async () => {
    await world.pass(3 * MINUTE_MS);
    await ran('bad', world.now);
    await world.acquire(member, bad);
    expect(await world.story('bad')).to.deep.equal([
      '+180 #0 missed x3',
      '+240 #0 skipped (duplicate)',
      '+240 #1 succeeded',
    ]);
  });

  it('closes only the fire that has a row, not a newer one that came meanwhile', async () => {
    await ran('bad', world.now);
    const transaction: LossyDatabase['transaction'] = async (step) => {
      return database.transaction(step).catch((error: unknown) => {
        world.clock.jump(MINUTE_MS);
        throw error;
      });
    };
    const slow = { ...member, instance: { ...member.instance, database: { ...database, transaction } } };
    expect((await world.acquire(slow, bad)).decided).to.deep.equal([]);
    await world.pass(0);
    await world.finish(member, await world.take(member, bad));
    expect(await world.story('bad')).to.deep.equal(['+60 #0 missed x1', '+60 #1 succeeded', '+120 #1 succeeded']);
    await forgetRestored(); // a fire that ran and was missed: so a restored table looks, and no other may
  });

  it('closes a duplicate trigger, queued fire or rerun by clearing its slot', async () => {
    const slots = [
      { slot: { trigger_at: world.now, trigger_input: '1' }, manual: 1, attempt: 1 },
      { slot: { queued_fire_at: world.now - MINUTE_MS }, manual: 0, attempt: 1 },
      {
        slot: { rerun_fire_at: world.now - 2 * MINUTE_MS, rerun_kind: 'rerun', rerun_attempt: 2 },
        manual: 0,
        attempt: 2,
      },
    ] as const;
    for (const { slot, manual, attempt } of slots) {
      await world.set('bad', { ...slot, next_fire_at: world.now + MINUTE_MS, due_at: world.now });
      await ran('bad', Object.values(slot)[0] as number, manual, attempt);
      expect((await world.acquire(member, bad)).decided, JSON.stringify(slot)).to.have.length(1);
    }
    const row = await world.row('bad');
    expect(row).to.include({ trigger_at: null, queued_fire_at: null, rerun_fire_at: null, due_at: row.next_fire_at });
    await forgetRestored();
  });

  it('hands out what it has taken when the database goes away in the middle of the batch', async () => {
    await ran('bad', world.now);
    database.fates.push('fine', 'fine', 'refused'); // the batch, its first job alone, its second
    const { acquired } = await world.acquire(member, good, bad, fine);
    expect(acquired.map((run) => run.job.name)).to.deep.equal(['good']);
    expect(await world.finish(member, held(acquired[0] as Acquired))).to.equal(true);
  });

  async function ran(name: string, fireMs: number, manual = 0, attempt = 1): Promise<void> {
    const values: SqlValue[] = [
      `restored-${fireMs}-${manual}`,
      'shop',
      name,
      manual,
      fireMs,
      '',
      attempt,
      'cron',
      1,
      'succeeded',
      fireMs,
      fireMs,
    ];
    await world.database.execute(
      `INSERT INTO ${world.database.tables.job_log}
         (id, app, job_name, manual, fire_at, slot, attempt, kind, fence, outcome, started_at, finished_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      values,
    );
  }

  async function forgetRestored(): Promise<void> {
    await world.database.execute(`DELETE FROM ${world.database.tables.job_log} WHERE id LIKE 'restored-%'`, []);
  }
});

eachWorld(
  (world) => {
    it('takes the others of its batch when the server refuses what one row would become, and says so', async () => {
      const member = await world.member();
      const [bad, good] = [job('bad'), job('good')];
      await world.register(member, bad, good);
      await world.set('bad', { fence: '9223372036854775807' }); // none is greater
      await world.pass(MINUTE_MS);
      const { acquired } = await world.acquire(member, bad, good);
      expect(acquired.map((run) => run.job.name)).to.deep.equal(['good']);
      expect(member.refused).to.deep.equal(['bad']);
      expect((await world.acquire(member, bad)).acquired).to.deep.equal([]);
    });
  },
  { dialects: ['mariadb', 'mysql'] },
);
