// Four instances share the rows of a table: two are killed with rows in hand, one is frozen for three leases, the database is
// killed and comes back, and rows arrive all the while. Every row ends settled, none has two live workers, and only what a
// fault cut off is done again. The test files of the two servers are one line each.
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { checkClaims } from '../support/claim-checker.js';
import type { ServerKind } from '../support/find-server.js';
import type { TestServer } from '../support/server.js';
import { startWitness, type Witness } from '../support/witness.js';
import type { WitnessEvent } from '../support/witness-events.js';
import { type Actor, startActor } from './actor.js';
import { buildTree } from './build.js';
import { type ClaimInstanceOptions, CREATE_PARCELS, PARCELS } from './claim-options.js';
import { type LogTail, tailOf } from './log-tail.js';
import { GRACE_MS, SHUTDOWN_MS } from './plan.js';
import { onOwnServer } from './theatre.js';

const LONG = process.env.DAL_JOB_TEST_LONG === '1';
const ROWS = LONG ? 50_000 : 8_000;
const ARRIVING = ROWS / 10;
const LEASE_MS = LONG ? 15_000 : 3_000;
const LIMIT_MS = LONG ? 900_000 : 120_000;
const PACE = LONG ? { rowMs: 4, batch: 100 } : { rowMs: 6, batch: 50 };

export function declareClaims(kind: ServerKind): void {
  describe('Four instances that share rows', function () {
    this.timeout(LIMIT_MS + 60_000);
    onOwnServer(kind, (theatre) => {
      it('do every row, none beside another, through kills, a freeze and a database that is killed', () =>
        share(theatre().server, kind));
    });
  });
}

interface Play {
  readonly server: TestServer;
  readonly name: string;
  readonly witness: Witness;
  readonly tail: LogTail;
  readonly actors: Actor[];
}

async function share(server: TestServer, kind: ServerKind): Promise<void> {
  const play = await open(server, `claims_${kind}`);
  try {
    await act(play);
    const rows = Array.from({ length: ROWS + ARRIVING }, (_, at) => at + 1);
    const lost = play.actors.flatMap(({ pid, reports }) =>
      reports.flatMap(({ event, wallMs }) => (event === 'lease.lost' ? [{ pid, wallMs }] : [])),
    );
    const plan = { leaseMs: LEASE_MS, marginMs: LEASE_MS / 5, rows, lost };
    const { violations, tally } = checkClaims(play.tail.read(), plan);
    if (violations.length > 0)
      expect.fail(`${violations.length}: ${violations.slice(0, 10).join('; ')}; ${keep(play)}`);
    expect(tally.kills, 'kills').to.equal(2);
    expect(tally.again, 'rows that a fault cut off').to.be.above(0);
    const states = await server.query<{ state: string; free: number; n: number }>(
      `SELECT state, claim_key IS NULL AS free, COUNT(*) AS n FROM ${play.name}.${PARCELS} GROUP BY state, free`,
    );
    expect(states.map((row) => ({ ...row }))).to.deep.equal([{ state: 'SHIPPED', free: 1, n: rows.length }]);
    console.log(`      claims: ${JSON.stringify(tally)}`);
  } finally {
    await close(play);
  }
}

async function open(server: TestServer, name: string): Promise<Play> {
  await server.query(`DROP DATABASE IF EXISTS ${name}`);
  await server.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  await server.query(CREATE_PARCELS.replace('TABLE ', `TABLE ${name}.`));
  const witness = await startWitness(name);
  const play: Play = { server, name, witness, tail: tailOf(witness.logPath), actors: [] };
  await arrive(play, 1, ROWS);
  const script = buildTree(name, [], 'claim-instance');
  const options: ClaimInstanceOptions = {
    ...{ url: server.url(name), leaseMs: LEASE_MS, graceMs: GRACE_MS, shutdownMs: SHUTDOWN_MS },
    ...PACE,
  };
  for (let number = 0; number < 4; number += 1)
    play.actors.push(startActor({ name: `${name}-${number}`, script, witness, options, env: {} }));
  await Promise.all(play.actors.map((actor) => actor.up()));
  return play;
}

async function arrive({ server, name }: Play, from: number, count: number): Promise<void> {
  for (let first = from; first < from + count; first += 1_000) {
    const ids = Array.from({ length: Math.min(1_000, from + count - first) }, (_, at) => first + at);
    const values = ids.map((id) => `(${id}, 'WAITING', ${id})`).join(', ');
    await server.query(`INSERT INTO ${name}.${PARCELS} (id, state, place) VALUES ${values}`);
  }
}

async function act(play: Play): Promise<void> {
  const [first, second, third] = play.actors as [Actor, Actor, Actor, Actor];
  await until(play, 'a tenth', (events) => done(events) > ROWS / 10);
  await until(play, 'a batch to kill', (events) => holds(events, first.pid));
  await first.kill9();
  await arrive(play, ROWS + 1, ARRIVING / 2);
  await until(play, 'a fifth', (events) => done(events) > ROWS / 5);
  await until(play, 'a batch to freeze', (events) => holds(events, second.pid));
  await second.freeze();
  const thawed = delay(3 * LEASE_MS).then(() => second.thaw());
  await restart(play);
  await until(play, 'a batch to kill', (events) => holds(events, third.pid));
  await third.kill9();
  await arrive(play, ROWS + ARRIVING / 2 + 1, ARRIVING / 2);
  await thawed;
  await until(play, 'all rows', (events) => doneRows(events).size === ROWS + ARRIVING);
  await Promise.all(play.actors.filter(({ ended }) => !ended).map((actor) => actor.term()));
  for (const actor of play.actors.slice(3))
    expect(actor.reports.filter(({ event }) => event === 'bug')).to.deep.equal([]);
}

async function restart({ server, witness }: Play): Promise<void> {
  const name = 'the database is killed';
  await witness.tell({ event: 'FAULT', name, isolates: true });
  await server.kill9();
  await server.restart();
  await witness.tell({ event: 'HEAL', name });
}

function done(events: readonly WitnessEvent[]): number {
  return doneRows(events).size;
}

function doneRows(events: readonly WitnessEvent[]): ReadonlySet<number> {
  const batches = new Map<string, readonly number[]>();
  const rows = new Set<number>();
  for (const event of events) {
    if (event.event === 'ROWS_START') batches.set(event.batch, event.rows);
    if (event.event === 'ROWS_END' && event.outcome === 'returned')
      for (const row of batches.get(event.batch) ?? []) rows.add(row);
  }
  return rows;
}

/** Is the newest batch of that process still going on? */
function holds(events: readonly WitnessEvent[], pid: number): boolean {
  const last = events.findLast(
    (event) => (event.event === 'ROWS_START' || event.event === 'ROWS_END') && event.pid === pid,
  );
  return last?.event === 'ROWS_START';
}

async function until(play: Play, what: string, look: (events: readonly WitnessEvent[]) => boolean): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!look(play.tail.read())) {
    const crashed = play.actors.find((actor) => actor.crashed);
    if (crashed !== undefined) throw new Error(`pid ${crashed.pid} ended by itself:\n${crashed.output}`);
    if (performance.now() > deadline) throw new Error(`waited for ${what}, in vain; ${keep(play)}`);
    await delay(20);
  }
}

/** Keeps the log that somebody will want to read, and says where. */
function keep({ tail, name, actors }: Play): string {
  const folder = join(tmpdir(), 'dal-job-failed');
  mkdirSync(folder, { recursive: true });
  const kept = join(folder, `${name}.jsonl`);
  const reports = actors.flatMap(({ pid, reports: of }) => of.map((report) => ({ pid, ...report })));
  writeFileSync(kept, [...tail.read(), ...reports].map((event) => `${JSON.stringify(event)}\n`).join(''));
  return `whole log in ${kept}`;
}

async function close({ actors, tail, witness, server, name }: Play): Promise<void> {
  await Promise.all(actors.filter(({ ended }) => !ended).map((actor) => actor.kill9()));
  tail.close();
  await witness.stop();
  await server.query(`DROP DATABASE IF EXISTS ${name}`).catch(() => {});
}
