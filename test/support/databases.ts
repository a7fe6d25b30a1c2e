// The same suite on SQLite, MariaDB and MySQL: one fresh database for each test file and dialect, dropped at its end.
// A dialect without a server is skipped in sight (its tests count as skipped and its title says why), never left out.
// A suite must not touch any database but the one it is given.
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Database } from '../../runtime/db/database.js';
import { migrate } from '../../runtime/db/migrate.js';
import { openDatabase } from '../../runtime/db/open.js';
import type { ServerKind } from './find-server.js';
import { scratchFolder } from './scratch.js';
import type { TestServer } from './server.js';
import { missingServer, sharedServer } from './servers.js';

export type TestDialect = 'sqlite' | 'memory' | ServerKind;

export interface TestDatabase {
  readonly dialect: TestDialect;
  /** What `database.url` of jobs.yaml would be. @throws outside of tests and hooks. */
  readonly url: string;
  /** The shared server (do not stop, kill or freeze it). @throws on SQLite. */
  readonly server: TestServer;
  /** An open, migrated database, closed at the end of the suite. `nowMs`: the clock of its SQL, for tests that own time. */
  openTestDatabase(options?: { readonly nowMs?: () => number }): Promise<Database>;
  /** Drops everything in it; open databases of the suite are closed first. */
  recreate(): Promise<void>;
}

export interface EachDatabaseOptions {
  /** Left out: `sqlite`, `mariadb` and `mysql`. */
  readonly dialects?: readonly TestDialect[];
}

/** One place for a database: made, emptied, removed. */
interface Home {
  readonly url: string;
  readonly server?: TestServer;
  recreate(): Promise<void>;
  remove(): Promise<void>;
}

/** Declares the suite once for each dialect, inside a `describe` named after it. */
export function eachDatabase(suite: (database: TestDatabase) => void, options: EachDatabaseOptions = {}): void {
  for (const dialect of options.dialects ?? ['sqlite', 'mariadb', 'mysql']) {
    const gap = isServer(dialect) ? missingServer(dialect) : undefined;
    describe(gap ? `on ${dialect} (not tested: ${gap.reason})` : `on ${dialect}`, () => {
      declare(dialect, suite);
    });
  }
}

function declare(dialect: TestDialect, suite: (database: TestDatabase) => void): void {
  const opened: Database[] = [];
  let home: Home | undefined;
  const need = (): Home => {
    if (home === undefined) throw new Error('a test database exists only inside tests and hooks');
    return home;
  };
  const closeAll = async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
  };

  before(async function () {
    this.timeout(120_000);
    home = await makeHome(dialect, nameOf(this.test?.parent?.file));
    if (home === undefined) this.skip();
  });
  after(async () => {
    await closeAll();
    await home?.remove();
  });

  suite({
    dialect,
    get url() {
      return need().url;
    },
    get server() {
      const { server } = need();
      if (server === undefined) throw new Error(`${dialect} has no server`);
      return server;
    },
    async openTestDatabase(open = {}) {
      const database = await openAndMigrate(need().url, open);
      opened.push(database);
      return database;
    },
    async recreate() {
      await closeAll();
      await need().recreate();
    },
  });
}

async function openAndMigrate(url: string, options: { readonly nowMs?: () => number }): Promise<Database> {
  const database = await openDatabase({ url, tablePrefix: '', ...options });
  await migrate(database);
  return database;
}

async function makeHome(dialect: TestDialect, name: string): Promise<Home | undefined> {
  if (dialect === 'memory') return { url: 'sqlite::memory:', recreate: async () => {}, remove: async () => {} };
  if (dialect === 'sqlite') return sqliteHome(name);
  const server = await sharedServer(dialect);
  return 'reason' in server ? undefined : serverHome(server, name);
}

function sqliteHome(name: string): Home {
  const folder = scratchFolder(`${name}-${performance.now()}`);
  const file = join(folder, 'jobs.sqlite');
  const empty = async () => {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(file + suffix, { force: true });
  };
  return {
    url: `sqlite:${file}`,
    recreate: empty,
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function serverHome(server: TestServer, name: string): Promise<Home> {
  const remove = async () => {
    await server.query(`DROP DATABASE IF EXISTS \`${name}\``);
  };
  const recreate = async () => {
    await remove();
    await server.query(`CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4`);
  };
  await recreate();
  return { url: server.url(name), server, recreate, remove };
}

/** `test/db/acquire-race.test.ts` → `acquire_race`: database names derive from file names, so those must be unique. */
function nameOf(file: string | undefined): string {
  if (file === undefined) throw new Error('cannot tell which test file this is');
  return basename(file, '.test.ts').replace(/\W/g, '_').slice(0, 60);
}

function isServer(dialect: TestDialect): dialect is ServerKind {
  return dialect === 'mariadb' || dialect === 'mysql';
}
