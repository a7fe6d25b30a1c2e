// What README and docs/ tell a reader to do works: the story of the first minute, every command and every piece of
// TypeScript, in a copy of the project on SQLite. Blocks that cannot run say so themselves (see test/support/docs.ts).
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { type CodeBlock, codeBlocks, runnable } from '../support/docs.js';
import { DocsProject, type StartedCommand } from '../support/docs-project.js';

/** Nothing else is run, whatever the pages say. */
const ALLOWED =
  /^npm run gen$|^npm start$|^npm run -s dal-job -- (gen|explain|status|logs|next|trigger|pause|resume|migrate|retries)( [\w"'{}:.*/, -]+)?$/;
const LIMIT_MS = 120_000;

describe('What the documentation tells you to do', function () {
  this.timeout(LIMIT_MS);
  const commands = runnable('sh').flatMap(({ text, place }) => text.split('\n').map((line) => ({ line, place })));
  const started: StartedCommand[] = [];
  const said = () => started.map(({ output }) => output()).join('\n---\n');
  let project: DocsProject;

  before(() => {
    project = new DocsProject();
  });
  after(async () => {
    await Promise.all(started.map((command) => command.interrupt()));
  });

  it('is nothing but commands that are known here', () => {
    const unknown = commands.filter(({ line }) => !ALLOWED.test(line));
    expect(unknown.map(({ line, place }) => `${place} ${line}`)).to.deep.equal([]);
  });

  it('adds a job to jobs.yaml that gen takes, and makes the stub that README shows', () => {
    const config = parse(project.read('jobs.yaml')) as Config;
    for (const { text, place } of runnable('yaml')) addJobs(config.jobs, text, place);
    for (const { text, place } of runnable('yaml')) compareServices(config.services, text, place);
    project.write('jobs.yaml', stringify(config));
    const { status, output } = project.run('npm run gen');
    expect(output).to.include('create handlers/jobs/countOrders.ts');
    expect(status, output).to.equal(0);
    const [stub] = handlersShown();
    expect(project.read('handlers/jobs/countOrders.ts')).to.equal(codeOf(stub));
  });

  it('is TypeScript that the strictest compiler takes', () => {
    for (const block of runnable('ts')) project.write(pathOf(block), codeOf(block));
    const { status, output } = project.run('node_modules/.bin/tsc -p tsconfig.json --noEmit');
    expect(status, output).to.equal(0);
  });

  it('is tests that pass', () => {
    const tests = runnable('ts')
      .map(pathOf)
      .filter((path) => path.endsWith('.test.ts'));
    expect(tests).to.not.deep.equal([]);
    const { status, output } = project.run(
      `node --conditions=dal-job-source --import tsx --test --test-reporter=spec ${tests.join(' ')}`,
    );
    expect(status, output).to.equal(0);
  });

  it('asks and looks with commands that answer, while two instances run', async () => {
    for (let count = 0; count < 2; count += 1) started.push(project.start('npm start'));
    await until(() => started.every(({ output }) => output().includes('"event":"instance.started"')), said);
    const asked = new Map(commands.map(({ line, place }) => [line, place]));
    for (const [line, place] of [...asked].filter(([line]) => line.startsWith('npm run -s dal-job'))) {
      const { status, output } = project.run(line);
      expect(status, `${place} ${line}\n${output}`).to.equal(0);
      expect(output, `${place} ${line}`).to.not.equal('');
    }
  });

  it('shares the fires of the new job between the two', async () => {
    const runs = () => started.flatMap(({ output }) => linesAbout('countOrders', output()));
    await until(() => runs().length >= 2, said);
    const fires = runs().map(({ fireTime }) => fireTime);
    expect(new Set(fires).size, fires.join(' ')).to.equal(fires.length);
    expect(runs().map(({ outcome }) => outcome)).to.not.include('failed');
  });

  it('ends clean at Ctrl-C', async () => {
    await Promise.all(started.map((command) => command.interrupt()));
    for (const { output } of started) expect(output()).to.include('"event":"instance.stopped"');
  });
});

interface Config {
  readonly jobs: Record<string, unknown>;
  readonly services: Readonly<Record<string, ShownService>>;
}

interface ShownService {
  readonly methods: Readonly<Record<string, { readonly desc?: string; readonly retry: object }>>;
}

/** Methods that a page shows are the real ones, down to how they are retried. */
function compareServices(real: Config['services'], fragment: string, place: string): void {
  const { services = {} } = parse(fragment) as Partial<Config>;
  for (const [service, { methods }] of Object.entries(services)) {
    for (const [method, { desc: _, retry, ...shown }] of Object.entries(methods)) {
      const { desc: __, retry: retried, ...rest } = real[service]?.methods[method] ?? { retry: {} };
      expect(rest, place).to.deep.equal(shown);
      expect(retried, place).to.include.all.keys(Object.keys(retry));
    }
  }
}

/** Adds the jobs of a fragment; one that is there already must be the same: the page shows the real one. */
function addJobs(jobs: Record<string, unknown>, fragment: string, place: string): void {
  const { jobs: shown = {} } = parse(fragment) as Partial<Config>;
  for (const [name, job] of Object.entries(shown)) {
    if (name in jobs) expect(jobs[name], place).to.deep.equal(job);
    jobs[name] = job;
  }
}

/** The stub of the story, then the handler that a reader makes of it. */
function handlersShown(): readonly [CodeBlock, CodeBlock] {
  const [stub, filled] = codeBlocks(['README.md']).filter(({ text }) =>
    text.startsWith('// handlers/jobs/countOrders.ts\n'),
  );
  if (stub === undefined || filled === undefined)
    throw new Error('README shows countOrders.ts twice: the stub, and filled in');
  return [stub, filled];
}

/** Each block of TypeScript opens with the path of its file. */
function pathOf({ text, place }: CodeBlock): string {
  const path = /^\/\/ ([\w/.]+\.ts)\n/.exec(text)?.[1];
  if (path === undefined) throw new Error(`${place}: the first line must be a comment with the path of the file`);
  return path;
}

function codeOf({ text }: CodeBlock): string {
  return `${text.slice(text.indexOf('\n') + 1)}\n`;
}

interface Line {
  readonly event?: string;
  readonly job?: string;
  readonly fireTime: string;
  readonly outcome: string;
}

/** The ends of a job's runs among the JSON lines of an instance. */
function linesAbout(job: string, output: string): readonly Line[] {
  const lines = output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  return lines
    .map((line) => JSON.parse(line) as Line)
    .filter((line) => line.event === 'run.finished' && line.job === job);
}

/** Looks again and again; the test's own time limit is its end. */
async function until(done: () => boolean, seen: () => string): Promise<void> {
  for (const end = performance.now() + LIMIT_MS / 2; !done(); await delay(50))
    if (performance.now() > end) throw new Error(`it did not happen in time:\n${seen()}`);
}
