// The live display of `dal-job start`: a line for everything that ends, here and on the other instances, and on a terminal
// a last line that says what goes on now. What must hold: it shows and never decides, and nothing it fails at (a query,
// a width) reaches the app.
import { hostname } from 'node:os';
import { Admin } from '../../runtime/admin.js';
import type { Database } from '../../runtime/db/database.js';
import type { Job } from '../../runtime/lock/job.js';
import type { AppEvents, Log } from '../../runtime/types.js';
import { clockTime, instanceLabel, paint, type Style } from '../format.js';
import { count } from '../output.js';
import { Elsewhere, type News } from './elsewhere.js';
import { footerText } from './footer.js';
import {
  type CallNews,
  callName,
  callRow,
  detailColumn,
  elsewhereRow,
  finishedRow,
  fireRow,
  format,
  heading,
  type Row,
  retryingRow,
  type Widths,
} from './row.js';
import { Said, type Speaker, type Spoken } from './said.js';
import type { Screen } from './screen.js';

/** What both the app of a registry and its generated form have. */
export interface Listenable {
  on<E extends keyof AppEvents>(event: E, listener: (data: AppEvents[E]) => void): () => void;
}

export interface LiveOptions {
  readonly app: string;
  readonly jobs: ReadonlyMap<string, Job>;
  /** Methods whose calls are recorded, as `service.method`. */
  readonly calls: readonly string[];
  readonly screen: Screen;
  readonly color: boolean;
  /** Only what did not succeed. */
  readonly quiet: boolean;
}

export interface Tally {
  readonly succeeded: number;
  readonly other: number;
}

const TICK_MS = 1_000;
const SAID_AGE_MS = 1_000;

export class LiveDisplay {
  readonly #options: LiveOptions;
  readonly #widths: Widths;
  readonly #said: Said;
  readonly #own = new Set<string>();
  readonly #running = new Map<string, number>();
  #instance = '';
  #here: Tally = { succeeded: 0, other: 0 };
  #there = 0;
  #news: News | null = null;
  #elsewhere: Elsewhere | null = null;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();

  constructor(options: LiveOptions) {
    this.#options = options;
    const job = Math.max(3, ...[...options.jobs.keys(), ...options.calls].map(({ length }) => length));
    this.#widths = { job, where: instanceLabel({ host: hostname(), pid: process.pid, id: '0000' }).length };
    this.#said = new Said((spoken) => this.#speak(spoken));
  }

  /** For createApp. */
  get log(): Log {
    return this.#said.log();
  }

  get tally(): Tally & { readonly elsewhere: number } {
    return { ...this.#here, elsewhere: this.#there };
  }

  /** Shows what the app tells. Call before it starts. */
  listen(app: Listenable): void {
    app.on('instance.started', ({ instance }) => this.#joined(instance));
    app.on('run.started', (d) => this.#running.set(`${d.job}@${d.fireMs}`, Date.now()));
    app.on('run.retrying', (d) => this.#retrying(d));
    app.on('run.finished', (d) => this.#finished(d));
    app.on('fire.skipped', (d) => this.#row(fireRow('skipped', d, Date.now())));
    app.on('fire.missed', (d) => this.#row(fireRow('missed', d, Date.now())));
    app.on('fire.queued', (d) => this.#row(fireRow('queued', d, Date.now())));
    app.on('call.succeeded', (d) => this.#called('succeeded', d));
    app.on('call.retrying', (d) => this.#called('retrying', d));
    app.on('call.dead', (d) => this.#called('failed', d));
    for (const [event, style, words] of REMARKS) app.on(event, (d) => this.remark(words(d), style));
    app.on('run.fenced', ({ job, fireMs }) => void this.#running.delete(`${job}@${fireMs}`));
  }

  /** From now on also shows what other instances do, and what goes on. null: nobody else can be seen. */
  async watch(database: Database | null): Promise<void> {
    const { app } = this.#options;
    if (database !== null) {
      this.#elsewhere = await Elsewhere.open(database, new Admin(database, app), app);
      await this.#poll();
    }
    this.#timer = setInterval(() => void this.#tick(), TICK_MS);
  }

  /** A sentence of its own. */
  remark(text: string, style: Style = 'yellow'): void {
    const { screen, color } = this.#options;
    screen.line(`${paint(clockTime(Date.now()), 'dim', color)}  ${paint(text, style, color)}`);
  }

  /** Stops looking at others; its own lines still come. */
  async stopWatching(): Promise<void> {
    clearInterval(this.#timer);
    this.#options.screen.footer('');
    await this.#polling;
    this.#elsewhere = null;
  }

  #joined(instance: string): void {
    this.#own.add(instance);
    this.#instance = instanceLabel({ host: hostname(), pid: process.pid, id: instance });
    if (this.#own.size > 1) this.remark(`back as ${this.#instance}`, 'cyan');
    else this.#begin();
  }

  #begin(): void {
    const { screen, color } = this.#options;
    screen.line(`instance  ${this.#instance}\n`);
    screen.line(paint(heading(this.#widths), 'dim', color));
  }

  #retrying(d: AppEvents['run.retrying']): void {
    this.#said.take(speakerOf(d));
    this.#row(retryingRow(d, { atMs: Date.now(), where: this.#instance }));
  }

  #finished(d: AppEvents['run.finished']): void {
    this.#running.delete(`${d.job}@${d.fireMs}`);
    const succeeded = d.outcome === 'succeeded';
    this.#here = {
      succeeded: this.#here.succeeded + (succeeded ? 1 : 0),
      other: this.#here.other + (succeeded ? 0 : 1),
    };
    this.#row(finishedRow(d, { atMs: Date.now(), where: this.#instance, said: this.#said.take(speakerOf(d)) }));
  }

  #called(word: 'succeeded' | 'retrying' | 'failed', d: CallNews): void {
    const said = this.#said.take({ job: callName(d), fireTime: d.id, attempt: d.attempt });
    this.#row(callRow(word, d, { atMs: Date.now(), where: this.#instance, said }));
  }

  #row(row: Row): void {
    const { screen, color, quiet } = this.#options;
    if (quiet && row.word === 'succeeded') return;
    screen.line(format(row, this.#widths, color), detailColumn(this.#widths));
  }

  #speak({ speaker, level, text }: Spoken): void {
    const { screen, color } = this.#options;
    const who = (speaker?.job ?? '').padEnd(this.#widths.job);
    const style = ({ info: 'dim', warn: 'yellow', error: 'red' } as const)[level];
    const line = `${paint(clockTime(Date.now()), 'dim', color)}  ${who}  ${paint(`  ${text}`, style, color)}`;
    screen.line(line, this.#widths.job + 14);
  }

  async #tick(): Promise<void> {
    this.#said.flush(SAID_AGE_MS);
    this.#polling = this.#poll().catch(() => {}); // the app tells that the database is gone
    await this.#polling;
    this.#drawFooter();
  }

  async #poll(): Promise<void> {
    const news = await this.#elsewhere?.poll((id) => this.#own.has(id));
    if (news === undefined) return;
    this.#news = news;
    for (const entry of news.ended) {
      const owner = this.#elsewhere?.owner(entry.owner);
      if (entry.attempt === 1) this.#there += 1; // a row is an attempt; each run has one first
      this.#row(elsewhereRow(entry, owner === undefined ? (entry.owner ?? '') : instanceLabel(owner)));
    }
    const now = count(this.#elsewhere?.living.length ?? 0, 'instance');
    for (const owner of news.joined) this.remark(`${instanceLabel(owner)} joined: ${now}`, 'cyan');
    for (const owner of news.left) this.remark(`${instanceLabel(owner)} left: ${now}`, 'cyan');
  }

  #drawFooter(): void {
    const { screen, jobs } = this.#options;
    const elsewhere = (this.#news?.running ?? []).map(({ jobName, startedAt }) => [jobName, startedAt] as const);
    const here = [...this.#running].map(([key, atMs]) => [key.slice(0, key.lastIndexOf('@')), atMs] as const);
    const instances = this.#elsewhere?.living.length ?? 1;
    screen.footer(footerText({ here, elsewhere, jobs, instances, tally: this.tally, nowMs: Date.now() }));
  }
}

type Remark<E extends keyof AppEvents = keyof AppEvents> = readonly [E, Style, (data: AppEvents[E]) => string];

const remark = <E extends keyof AppEvents>(event: E, style: Style, words: (data: AppEvents[E]) => string): Remark =>
  [event, style, words] as unknown as Remark;

const fire = ({ job, fireMs }: { job: string; fireMs: number }) => `${job} of ${clockTime(fireMs)}`;

const REMARKS: readonly Remark[] = [
  remark('fire.timedOut', 'red', (d) => `${fire(d)} was over its deadline and is taken away`),
  remark('run.fenced', 'red', (d) => `${fire(d)} belongs to another instance by now: its result here is dropped`),
  remark('run.zombie', 'red', (d) => `${fire(d)} ignores its signal; the job waits here until it ends`),
  remark('run.lost', 'red', (d) => `${fire(d)} was lost with its instance${d.rerun ? '; it runs again' : ''}`),
  remark('call.unknown', 'red', (d) => `${callName(d)} was cut short: dal-job retries show ${d.id}`),
  remark('retry.lost', 'red', (d) => `${callName(d)} failed, and no record of it could be written`),
  remark('lease.lost', 'red', () => 'this instance lost its lease: its runs are aborted, it comes back under a new id'),
  remark(
    'instance.ended',
    'yellow',
    (d) => `${count(d.ended.length, 'instance')} gone without a word; work is taken over`,
  ),
  remark('job.registered', 'yellow', (d) => `taken over: ${[...d.redefined, ...d.retired].join(', ')}`),
  remark(
    'job.superseded',
    'yellow',
    ({ job }) => `${job} has a newer definition: it is left to the instances with that`,
  ),
  remark('database.down', 'red', (d) => `the database does not answer, trying on: ${d.error.message}`),
  remark('database.up', 'green', () => 'the database answers again'),
  remark('sweep.blocked', 'yellow', (d) => `something holds the row of ${d.job}`),
  remark(
    'bug',
    'red',
    (d) => `unexpected error, going on: ${d.error instanceof Error ? d.error.message : String(d.error)}`,
  ),
];

function speakerOf({ job, fireMs, attempt }: { job: string; fireMs: number; attempt: number }): Speaker {
  return { job, fireTime: new Date(fireMs).toISOString(), attempt };
}
