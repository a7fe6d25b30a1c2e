// The app: what `createApp` returns. Opens the database and holds the session between start and stop, and takes requests.
// Signals are not handled here: that is the process's affair (`dal-job start` does it).
import { Admin, requireTriggered } from './admin.js';
import { assumeClaims, openClaims } from './claim/check.js';
import { type AppOptions, type Config, readConfig } from './config.js';
import type { Database } from './db/database.js';
import { unwritable } from './db/detect.js';
import { addressOfSequelize } from './db/given.js';
import { checkTables, migrate } from './db/migrate.js';
import { ObservedDatabase } from './db/observed.js';
import { openDatabase } from './db/open.js';
import { type DatabaseUrl, describeUrl, interpolate, parseUrl } from './db/url.js';
import { DalJobError } from './errors.js';
import { Services } from './retry/services.js';
import type { Claims } from './run/claim-desk.js';
import { Events } from './run/events.js';
import { requestProblem } from './run/input.js';
import { createLog, logEvents, runLog } from './run/log.js';
import { Session } from './session.js';
import type { AnyRegistry, AppEvents, Emit, Log } from './types.js';

interface Started {
  readonly database: Database;
  readonly session: Session;
  /** The timers of the runtime let a process end; a started app does not, until it has stopped. */
  readonly keepAlive: NodeJS.Timeout;
}

export class DalJobApp {
  readonly services: object;
  readonly #registry: AnyRegistry;
  readonly #options: AppOptions;
  readonly #config: Config;
  readonly #log: Log;
  readonly #events = new Events();
  readonly #services: Services;
  /** From the call of start() until that of stop(). */
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;
  #started: Started | null = null;

  constructor(registry: AnyRegistry, options: AppOptions) {
    this.#registry = registry;
    this.#options = options;
    this.#config = readConfig(options);
    this.#log = createLog(options.logger);
    logEvents(this.#events, this.#log);
    const { clock, maxPayloadBytes } = this.#config;
    const emit: Emit = (event, data) => this.#events.emit(event, data);
    const logOf = (fields: object) => runLog(this.#log, fields);
    this.#services = new Services({
      ...{ registry, clock, maxPayloadBytes, emit, logOf },
      sequelize: () => this.sequelize,
    });
    this.services = this.#services.proxies;
  }

  /** What stands behind a started app, for `dal-job/testing`. @throws DalJobError DJ2009 */
  static inside(app: object): { readonly database: Database; readonly session: Session; readonly name: string } {
    const own = app as DalJobApp;
    return { ...own.#need(), name: own.#registry.app };
  }

  get sequelize(): Database['sequelize'] {
    return this.#need().database.sequelize;
  }

  on<E extends keyof AppEvents>(event: E, listener: (data: AppEvents[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /** A second call waits for the first, one during a stop for its end. After stop() an app may be started again. */
  start(): Promise<void> {
    if (this.#starting !== null) return this.#starting;
    const starting = this.#start(this.#stopping).catch((error: unknown) => {
      if (this.#starting === starting) this.#starting = null;
      throw error;
    });
    this.#starting = starting;
    return starting;
  }

  /** A second call waits for the first; without a start there is nothing to stop. */
  stop(): Promise<void> {
    if (this.#starting === null) return this.#stopping ?? Promise.resolve();
    const stopping = this.#stop(this.#starting).finally(() => {
      if (this.#stopping === stopping) this.#stopping = null;
    });
    this.#starting = null;
    this.#stopping = stopping;
    return stopping;
  }

  async trigger(job: string, input?: unknown): Promise<{ readonly fireTime: Date }> {
    const { database, session } = this.#need();
    this.#checkInput(job, input);
    const json = input === undefined ? null : JSON.stringify(input);
    const result = await this.#admin(database).trigger({ job, input: json, force: false });
    const fireMs = requireTriggered(job, result);
    session.poke();
    return { fireTime: new Date(fireMs) };
  }

  async pause(job: string): Promise<void> {
    await this.#admin(this.#need().database).pause(job);
  }

  async resume(job: string): Promise<void> {
    const { database, session } = this.#need();
    await this.#admin(database).resume(job, session.jobs.get(job) ?? null);
    session.poke();
  }

  async #start(stopping: Promise<void> | null): Promise<void> {
    await stopping?.catch(() => {}); // who stops it is told
    this.#services.readKeys(process.env);
    const keepAlive = setInterval(() => {}, 2 ** 30);
    if (this.#config.fakeTime) keepAlive.unref(); // a test that forgets to stop must end all the same
    try {
      this.#started = { ...(await this.#startOn(await this.#open())), keepAlive };
    } catch (error) {
      clearInterval(keepAlive);
      throw error;
    }
  }

  async #startOn(database: Database): Promise<Omit<Started, 'keepAlive'>> {
    try {
      await migrate(database);
      await checkTables(database);
      const claims = await this.#openClaims(database);
      const session = this.#createSession(database, claims);
      await session.begin();
      return { database, session };
    } catch (error) {
      await database.close();
      throw unwritable(error, describeUrl(this.#url()));
    }
  }

  #openClaims(database: Database): Promise<Claims> | Claims {
    const jobs = this.#config.schedule ? this.#registry.jobs : {};
    return isForAll(this.#url()) ? openClaims(database, jobs) : assumeClaims(database, jobs);
  }

  #createSession(database: Database, claims: Claims): Session {
    const url = this.#url();
    const workerUrl = this.#config.fakeTime || !isForAll(url) ? null : url;
    const rest = { config: this.#config, events: this.#events, log: this.#log, services: this.#services, claims };
    return new Session({ registry: this.#registry, database, workerUrl, ...rest });
  }

  async #stop(starting: Promise<void>): Promise<void> {
    await starting.catch(() => {});
    const started = this.#started;
    if (started === null) return;
    await started.session
      .end()
      .finally(() => started.database.close())
      .finally(() => {
        clearInterval(started.keepAlive);
        this.#started = null;
      });
  }

  async #open(): Promise<Database> {
    const { clock, fakeTime, timing } = this.#config;
    const database = await openDatabase({
      url: this.#url(),
      ...(this.#options.sequelize === undefined ? {} : { sequelize: this.#options.sequelize }),
      tablePrefix: this.#options.database?.tablePrefix ?? this.#registry.database.tablePrefix,
      statementTimeoutMs: timing.statementMs,
      ...(fakeTime ? { nowMs: () => Math.floor(clock.now()) } : {}),
    });
    return fakeTime ? new ObservedDatabase(database, clock) : database;
  }

  #url(): DatabaseUrl {
    const { sequelize, database } = this.#options;
    if (sequelize !== undefined) return addressOfSequelize(sequelize, database?.url);
    return parseUrl(database?.url ?? interpolate(this.#registry.database.url, process.env));
  }

  #checkInput(job: string, input: unknown): void {
    const entry = this.#registry.jobs[job];
    const problem = entry === undefined ? null : requestProblem(input, entry.input);
    if (problem === null) return;
    throw new DalJobError('DJ4004', `The input of ${job} does not fit: ${problem}.`, { fields: { job } });
  }

  #admin(database: Database): Admin {
    return new Admin(database, this.#registry.app);
  }

  #need(): Started {
    if (this.#started !== null) return this.#started;
    throw new DalJobError('DJ2009', 'The app is not started: await app.start() first.');
  }
}

/** Can another thread open it? What is in memory it cannot see, and the application's driver cannot go there. */
function isForAll(url: DatabaseUrl): boolean {
  return url.kind === 'server' || (url.path !== ':memory:' && url.driver === undefined);
}
