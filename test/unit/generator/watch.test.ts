// gen --watch in this process: every way editors save, what an error leaves behind, and how long a save takes to be written.
import { mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { GenerateReport } from '../../../generator/index.js';
import { watchAndGenerate } from '../../../generator/watch.js';
import { scratchFolder } from '../../support/scratch.js';

const LIMIT_MS = 20_000;

function yaml(timeout: string, jobs = 1): string {
  const others = Array.from(
    { length: jobs - 1 },
    (_, n) => `  job${n}: { desc: Job ${n}, cron: "${n % 60} * * * *" }\n`,
  );
  return `version: 1\napp: shop\njobs:\n  one: { cron: "* * * * *", timeout: ${timeout} }\n${others.join('')}`;
}

/** A watch on a project of its own, and everything it said. */
class Watched {
  readonly root: string;
  readonly path: string;
  readonly reports: GenerateReport[] = [];
  readonly failures: unknown[] = [];
  readonly #stop = new AbortController();
  #wake = (): void => {};
  #ended: Promise<void> = Promise.resolve();

  constructor(name: string) {
    this.root = scratchFolder(`watch-${name}`);
    this.path = join(this.root, 'jobs.yaml');
    mkdirSync(join(this.root, 'node_modules'));
  }

  async start(text: string): Promise<this> {
    writeFileSync(this.path, text);
    await new Promise<void>((ready) => {
      this.#ended = watchAndGenerate({
        root: this.root,
        signal: this.#stop.signal,
        onReport: (report) => {
          this.reports.push(report);
          this.#wake();
        },
        onFailure: (error) => {
          this.failures.push(error);
          this.#wake();
        },
        onReady: ready,
      });
    });
    return this;
  }

  /** Resolves when it holds; looked at after each run. */
  async until(holds: () => boolean): Promise<void> {
    const deadline = setTimeout(() => this.#wake(), LIMIT_MS);
    for (const begin = performance.now(); !holds(); ) {
      if (performance.now() - begin > LIMIT_MS) throw new Error(`waited in vain after ${this.reports.length} runs`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    clearTimeout(deadline);
  }

  get registry(): string {
    return readFileSync(join(this.root, 'generated/registry.ts'), 'utf8');
  }

  /** The timeout of job one, as generated. */
  has(timeoutMs: number): boolean {
    return new RegExp(`timeoutMs: ${timeoutMs.toLocaleString('en').replaceAll(',', '_?')}\\b`).test(this.registry);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }
}

describe('gen --watch', function () {
  this.timeout(60_000);
  let watched: Watched;
  afterEach(() => watched.stop());

  const saves: Readonly<Record<string, (path: string, text: string) => void | Promise<void>>> = {
    'written in place': (path, text) => writeFileSync(path, text),
    'renamed over the old one': (path, text) => {
      writeFileSync(`${path}~`, text);
      renameSync(`${path}~`, path);
    },
    'truncated, and written later': async (path, text) => {
      truncateSync(path);
      await new Promise((resolve) => setTimeout(resolve, 60));
      writeFileSync(path, text);
    },
    'deleted, and created later': async (path, text) => {
      rmSync(path);
      await new Promise((resolve) => setTimeout(resolve, 60));
      writeFileSync(path, text);
    },
    'moved away as a backup, and created': (path, text) => {
      renameSync(path, `${path}.bak`);
      writeFileSync(path, text);
    },
    'written in two pieces': async (path, text) => {
      writeFileSync(path, text.slice(0, 40));
      writeFileSync(path, text);
    },
  };

  for (const [how, save] of Object.entries(saves)) {
    it(`sees a file that is ${how}, again and again`, async () => {
      watched = await new Watched(how.replaceAll(/\W/g, '')).start(yaml('1s'));
      expect(watched.has(1_000)).to.equal(true);
      for (const seconds of [2, 3, 4]) {
        await save(watched.path, yaml(`${seconds}s`));
        await watched.until(() => watched.has(seconds * 1_000));
      }
      expect(watched.failures).to.deep.equal([]);
      expect(watched.reports.every(({ exitCode }) => exitCode === 0)).to.equal(true);
    });
  }

  it('ends with the last of several quick saves', async () => {
    watched = await new Watched('quick').start(yaml('1s'));
    for (let seconds = 2; seconds <= 30; seconds++) {
      writeFileSync(watched.path, yaml(`${seconds}s`));
      if (seconds % 3 === 0) await new Promise((resolve) => setTimeout(resolve, seconds));
    }
    await watched.until(() => watched.has(30_000));
  });

  it('keeps the last good output on an error, and goes on', async () => {
    watched = await new Watched('error').start(yaml('1s'));
    const good = watched.registry;
    writeFileSync(watched.path, yaml('1s').replace('timeout', 'timout'));
    await watched.until(() => watched.reports.at(-1)?.exitCode === 2);
    expect(watched.reports.at(-1)?.problems[0]).to.include({ code: 'DJ1003', line: 4 });
    expect(watched.registry).to.equal(good);
    writeFileSync(watched.path, yaml('5s'));
    await watched.until(() => watched.has(5_000));
  });

  it('tells that jobs.yaml is gone, and comes back with it', async () => {
    watched = await new Watched('gone').start(yaml('1s'));
    rmSync(watched.path);
    await watched.until(() => watched.failures.length > 0);
    expect(watched.failures[0]).to.include({ code: 'DJ1291' });
    writeFileSync(watched.path, yaml('7s'));
    await watched.until(() => watched.has(7_000));
  });

  it('makes again what is deleted, and looks at handlers when they are saved', async () => {
    watched = await new Watched('others').start(yaml('1s'));
    rmSync(join(watched.root, 'generated'), { recursive: true });
    await watched.until(() => watched.reports.length > 1 && watched.has(1_000));
    writeFileSync(join(watched.root, 'handlers/jobs/one.ts'), 'export const on = 1;\n');
    await watched.until(() => watched.reports.at(-1)?.findings[0]?.code === 'DJ1201');
  });

  it('writes an edit of one job within 0.1 s of work once it is warm', async () => {
    watched = await new Watched('speed').start(yaml('1s', 20));
    const took: { wallMs: number; workMs: number }[] = [];
    for (let seconds = 2; seconds <= 12; seconds++) {
      const [begin, work] = [performance.now(), process.cpuUsage()];
      writeFileSync(watched.path, yaml(`${seconds}s`, 20));
      await watched.until(() => watched.has(seconds * 1_000));
      const { user, system } = process.cpuUsage(work);
      took.push({ wallMs: performance.now() - begin, workMs: (user + system) / 1_000 });
      await watched.until(() => watched.reports.at(-1)?.changes.length === 0);
    }
    console.log(`      save to written: ${took.map(({ wallMs }) => Math.round(wallMs)).join(', ')} ms`);
    // other processes may hold up the wall clock, and say nothing of ours
    expect(Math.min(...took.map(({ wallMs, workMs }) => Math.min(wallMs, workMs)))).to.be.at.most(100);
  });
});
