// `dal-job start` as a process: what it shows, how it shares with a second one, how it ends, and what it warns of.
import { expect } from 'chai';
import { dalJob, makeProject, Running } from '../support/cli.js';

const YAML = `version: 1
app: shop
database: { url: "sqlite:./jobs.sqlite" }
jobs:
  tick: { desc: Every second, cron: "* * * * * *" }
  flaky:
    cron: "* * * * * *"
    retry: { for: [BizRetryNeedError], maxRetries: 1, backoff: { type: fixed, delay: 10ms } }
  slow: {}
  deaf: {}
  empty: { cron: "0 0 0 1 1 ? 2090" }
`;
const TICK = `export const tick = async ({ log }) => {
  log.info({ rows: 3 }, 'first words');
  log.info({ rows: 4 }, 'last words');
};
`;
const FLAKY = `import { BizRetryNeedError } from 'dal-job';
export const flaky = async ({ attempt, fireTimeMs }) => {
  if (attempt === 1) throw new BizRetryNeedError('not yet');
  if (fireTimeMs % 2_000 === 0) throw new RangeError('never');
};
`;
const SLOW = `export const slow = async ({ log }) => {
  log.warn({}, 'slow begins');
  await new Promise((resolve) => setTimeout(resolve, 700));
};
`;
const DEAF = `export const deaf = ({ log }) => {
  log.warn({}, 'deaf begins');
  return new Promise((resolve) => setTimeout(resolve, 3_600_000));
};
`;

const FILES = {
  'handlers/jobs/tick.ts': TICK,
  'handlers/jobs/flaky.ts': FLAKY,
  'handlers/jobs/slow.ts': SLOW,
  'handlers/jobs/deaf.ts': DEAF,
};

describe('dal-job start', function () {
  this.timeout(120_000);
  const running: Running[] = [];
  const start = (root: string, ...args: string[]): Running => {
    const one = new Running(root, ['start', ...args]);
    running.push(one);
    return one;
  };
  const project = async (name: string): Promise<string> => {
    const root = makeProject(`cli-start-${name}`, { 'jobs.yaml': YAML, ...FILES });
    expect((await dalJob(root, ['gen'])).code).to.equal(0);
    return root;
  };
  afterEach(() => {
    for (const { child } of running.splice(0)) child.kill('SIGKILL');
  });

  it('generates what is missing, warns of a stub, and shows runs, retries and failures', async () => {
    const root = makeProject('cli-start-shown', { 'jobs.yaml': YAML, ...FILES });
    const instance = start(root, '--gen', '--format', 'live');
    await instance.says(/✓ succeeded .* last words rows=4\n/);
    await instance.says(/flaky .*↻ retrying .* BizRetryNeedError: not yet; attempt 2 in \d+ ms\n/);
    await instance.says(/flaky .*✗ failed .* after 2 attempts, RangeError: never \(handlers\/jobs\/flaky\.ts:\d+\)\n/);
    expect(instance.out).to.match(/^create handlers\/jobs\/empty\.ts\n/);
    expect(instance.out).to.include(`database  sqlite:${root}/jobs.sqlite\n`);
    expect(instance.out).to.include('warning: handlers/jobs/empty.ts is still a stub');
    expect(instance.out.match(/still a stub/g)).to.have.length(1);
    expect(instance.out).to.match(/ tick {2,}first words rows=3\n/);
    expect(instance.out).to.not.include('\u001b');
  });

  it('lets two of them share the fires, and shows each what the other runs', async () => {
    const root = await project('shared');
    const [one, two] = [start(root, '--format', 'live'), start(root, '--format', 'live')];
    for (const instance of [one, two]) {
      await instance.says(/tick .*✓ succeeded .*● /);
      await instance.says(/tick .*✓ succeeded .*○ /);
    }
    two.signal('SIGTERM');
    expect((await two.ended()).code).to.equal(0);
    await one.says(/ left: 1 instance\n/);
    const rows = JSON.parse((await dalJob(root, ['logs', 'tick', '--outcome', 'succeeded', '--json'])).out);
    const fires = rows.map(({ fireAt }: { fireAt: string }) => fireAt);
    expect(new Set(fires).size).to.equal(fires.length);
    expect(new Set(rows.map(({ owner }: { owner: string }) => owner)).size).to.equal(2);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`drains at ${signal}: the run that goes on ends well, and nothing is left`, async () => {
      const root = await project(signal);
      const instance = start(root, '--format', 'live');
      await instance.says(/tick .*✓/);
      await dalJob(root, ['trigger', 'slow']);
      await instance.says(/slow begins/);
      instance.signal(signal);
      const { code, out, err } = await instance.ended();
      expect({ code, err }).to.deep.equal({ code: 0, err: '' });
      expect(out).to.match(
        new RegExp(`${signal}: no new runs[\\s\\S]*slow .*✓ succeeded[\\s\\S]*stopped after .* here`),
      );
      const [row] = JSON.parse((await dalJob(root, ['logs', 'slow', '--json'])).out);
      expect(row).to.include({ outcome: 'succeeded', manual: true });
      expect(JSON.parse((await dalJob(root, ['status', '--json'])).out).instances).to.deep.equal([]);
    });
  }

  it('takes an echo of the first signal for what it is, and ends at once at a second', async () => {
    const root = await project('twice');
    const instance = start(root, '--format', 'live');
    await instance.says(/tick .*✓/);
    await dalJob(root, ['trigger', 'deaf']);
    await instance.says(/deaf begins/);
    instance.signal('SIGINT');
    await instance.says(/no new runs/);
    const firstMs = performance.now();
    const again = setInterval(() => instance.signal('SIGINT'), 50);
    const { code } = await instance.ended();
    clearInterval(again);
    expect(code).to.equal(130);
    expect(performance.now() - firstMs).to.be.within(300, 10_000);
  });

  it('writes JSON lines where nobody looks, with the database first', async () => {
    const root = await project('json');
    const instance = start(root);
    await instance.says(/"job":"tick".*run succeeded/);
    instance.signal('SIGTERM');
    const { code, out } = await instance.ended();
    expect(code).to.equal(0);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).to.include({ database: `sqlite:${root}/jobs.sqlite`, jobs: 5, msg: 'starting' });
    expect(lines[1]).to.include({ file: 'handlers/jobs/empty.ts', msg: 'handler is not filled in: its runs fail' });
    expect(lines.find(({ msg }) => msg === 'stopping')).to.include({ signal: 'SIGTERM' }); // a run may end after it
    expect(lines.at(-1)).to.include({ event: 'instance.stopped' });
  });

  it('says in one line why it cannot start', async () => {
    const cases: [Record<string, string>, number, RegExp][] = [
      [
        { DATABASE_URL: 'mysql://me:secret@127.0.0.1:1/shop' },
        1,
        /^dal-job: error DJ2003 .*mysql:\/\/me@127\.0\.0\.1:1\/shop.*\n$/,
      ],
      [{ DATABASE_URL: 'postgres://x/y' }, 1, /^dal-job: error DJ2001 .*\n$/],
    ];
    const yaml = YAML.replace('sqlite:./jobs.sqlite', '$' + '{DATABASE_URL}');
    const root = makeProject('cli-start-why', { 'jobs.yaml': yaml, ...FILES });
    expect((await dalJob(root, ['start'])).err).to.equal(
      `dal-job: error DJ2007 There is no generated/ in ${root}: run npx dal-job gen.\n`,
    );
    await dalJob(root, ['gen']);
    for (const [env, code, err] of cases) {
      const outcome = await dalJob(root, ['start', '--format', 'live'], env);
      expect(outcome.code).to.equal(code);
      expect(outcome.err).to.match(err).and.to.not.include('secret');
    }
    expect((await dalJob(root, ['start', '--nope'])).code).to.equal(64);
  });
});

describe('dal-job next', function () {
  this.timeout(60_000);
  let root: string;
  const next = (...args: string[]) => dalJob(root, ['next', ...args]);

  before(async () => {
    root = makeProject('cli-next', { 'jobs.yaml': YAML, ...FILES });
    expect((await dalJob(root, ['gen'])).code).to.equal(0);
  });

  it('prints the fire times of a job and asks no database', async () => {
    const { code, out } = await next('empty', '--json', '--count', '3');
    expect(code).to.equal(0);
    expect(JSON.parse(out)).to.deep.equal(['2090-01-01T00:00:00.000Z']);
    const two = await next('tick', '--from', '2026-03-29T00:59:59Z', '--count', '2', '--json');
    expect(JSON.parse(two.out)).to.deep.equal(['2026-03-29T01:00:00.000Z', '2026-03-29T01:00:01.000Z']);
  });

  it('prints those of any expression, beside the clock of its zone', async () => {
    const args = ['--cron', '0 30 2 ? * *', '--timezone', 'Europe/Berlin', '--from', '2026-03-28T12:00:00Z'];
    expect((await next(...args, '--count', '2')).out).to.equal(
      '2026-03-29T01:00:00.000Z  Sun 2026-03-29 03:00:00 GMT+2\n2026-03-30T00:30:00.000Z  Mon 2026-03-30 02:30:00 GMT+2\n',
    );
  });

  it('says what is wrong with what it was given', async () => {
    const cases: [string[], number, RegExp][] = [
      [['--cron', '0 0 30 2 *'], 64, /30/],
      [['--cron', '61 * * * *'], 64, /minute .*61/],
      [['--cron', '* * * * *', '--timezone', 'Mars/Olympus'], 64, /Mars\/Olympus.* is unknown/],
      [['tick', '--cron', '* * * * *'], 64, /not both/],
      [[], 64, /give a job/],
      [['tick', '--count', '0'], 64, /--count takes/],
      [['tick', '--from', 'soon'], 64, /--from takes/],
      [['tcik'], 1, /DJ4001 .*Did you mean "tick"\?/],
    ];
    for (const [args, code, err] of cases) {
      const outcome = await next(...args);
      expect(outcome.code, args.join(' ')).to.equal(code);
      expect(outcome.out).to.equal('');
      expect(outcome.err)
        .to.match(err)
        .and.to.match(/^dal-job: error .*\n$/);
    }
  });
});
