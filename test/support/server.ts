// One private database server: its folder, its process, and what tests do to it (kill, freeze, restart).
// All there is to know lies in a plain ServerAddress and in `<folder>/pid`, so that another process can attach to a server
// that its parent started, kill it and start it again. Loopback only; fsync stays on, because crash tests mean it.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, cpSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { type FoundServer, findInstaller, type ServerKind } from './find-server.js';
import { untilStopped } from './stopped.js';

/** Plain data: goes to other processes as JSON. */
export interface ServerAddress {
  readonly found: FoundServer;
  readonly folder: string;
  readonly port: number;
  readonly args: readonly string[];
}

export interface StartOptions {
  /** Beside the process's own environment, such as LD_PRELOAD and FAKETIME. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface TestServer {
  readonly kind: ServerKind;
  readonly version: string;
  readonly port: number;
  readonly socket: string;
  readonly address: ServerAddress;
  /** Of the server itself, at this moment. @throws when it is not running. */
  readonly pid: number;
  /** `mariadb://…` or `mysql://…` on 127.0.0.1, with a user that may do everything. */
  url(database?: string): string;
  /** Rows of one statement, by a connection of its own, as that user. */
  query<Row = RowDataPacket>(sql: string): Promise<readonly Row[]>;
  /** Clean shutdown (SIGTERM, thawed first). */
  stop(): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill9(): Promise<void>;
  /** SIGSTOP. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** Stops it if it runs, and starts it again on the same port and data. */
  restart(options?: StartOptions): Promise<void>;
}

const USER = 'dal_job';
const PASSWORD = 'dal_job';
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;

/** A new server's files and process below `folder`, which must exist. `template`: a data folder to copy, made if absent. */
export async function createTestServer(
  found: FoundServer,
  folder: string,
  options: StartOptions & { readonly template: string; readonly args?: readonly string[] },
): Promise<TestServer> {
  if (!existsSync(options.template)) initialise(found, options.template);
  cpSync(options.template, join(folder, 'data'), { recursive: true });
  const address = { found, folder, port: await freePort(), args: options.args ?? [] };
  await launch(address, options.env ?? {});
  return attach(address);
}

/** The handle of a server that some process of this test run started. */
export function attach(address: ServerAddress): TestServer {
  const { found, port } = address;
  const url = (database = '') => `${found.kind}://${USER}:${PASSWORD}@127.0.0.1:${port}/${database}`;
  const signal = (name: NodeJS.Signals) => process.kill(readPid(address), name);
  return {
    kind: found.kind,
    version: found.version,
    port,
    socket: socketOf(address),
    address,
    get pid() {
      return readPid(address);
    },
    url,
    query: (sql) => query(address, sql),
    stop: () => end(address, 'SIGTERM'),
    kill9: () => end(address, 'SIGKILL'),
    freeze() {
      signal('SIGSTOP');
      untilStopped(readPid(address));
    },
    thaw: () => void signal('SIGCONT'),
    async restart(options = {}) {
      await end(address, 'SIGTERM');
      await launch(address, options.env ?? {});
    },
  };
}

async function query<Row>(address: ServerAddress, sql: string): Promise<readonly Row[]> {
  const connection = await createConnection({ host: '127.0.0.1', port: address.port, user: USER, password: PASSWORD });
  try {
    const [rows] = await connection.query(sql);
    return rows as unknown as readonly Row[];
  } finally {
    connection.destroy();
  }
}

/** Writes a fresh data folder, whole or not at all. */
function initialise(found: FoundServer, data: string): void {
  const partial = `${data}.${process.pid}`;
  const [command, args] =
    found.kind === 'mysql' ? mysqlInitialiser(found, partial) : mariadbInitialiser(found, partial);
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: START_LIMIT_MS });
  if (result.status !== 0) throw new Error(`cannot initialise ${found.kind}: ${result.stderr || result.stdout}`);
  renameSync(partial, data);
}

function mysqlInitialiser(found: FoundServer, data: string): [string, string[]] {
  return [found.binary, [...firstArguments(found), '--initialize-insecure', `--datadir=${data}`]];
}

function mariadbInitialiser(found: FoundServer, data: string): [string, string[]] {
  const installer = findInstaller(found);
  if (installer === undefined) throw new Error('cannot initialise mariadb: no mariadb-install-db found');
  const method = '--auth-root-authentication-method=normal';
  return [installer, [...firstArguments(found), `--datadir=${data}`, method, '--skip-test-db']];
}

function firstArguments(found: FoundServer): string[] {
  if (found.wrapped) return [];
  return ['--no-defaults', ...(process.getuid?.() === 0 ? ['--user=root'] : [])];
}

function serverArguments(address: ServerAddress): string[] {
  const { found, folder, port } = address;
  const common = [
    `--datadir=${join(folder, 'data')}`,
    `--port=${port}`,
    `--socket=${socketOf(address)}`,
    `--pid-file=${join(folder, 'server.pid')}`,
    '--bind-address=127.0.0.1',
    '--skip-name-resolve',
    '--innodb-buffer-pool-size=32M',
    '--max-connections=300',
    '--skip-log-bin',
  ];
  const own = found.kind === 'mysql' ? ['--mysqlx=OFF', '--performance-schema=OFF'] : ['--innodb-log-file-size=16M'];
  return [...firstArguments(found), ...common, ...own, ...address.args];
}

async function launch(address: ServerAddress, env: Readonly<Record<string, string>>): Promise<void> {
  const log = openSync(join(address.folder, 'log'), 'a');
  const child = spawn(address.found.binary, serverArguments(address), {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  if (child.pid === undefined) throw new Error(`cannot start ${address.found.binary}`);
  // at once, so that whoever cleans up knows of it from its first moment
  writeFileSync(pidFile(address), String(child.pid));
  child.unref();
  await answering(address, child.pid);
}

async function answering(address: ServerAddress, pid: number): Promise<void> {
  const deadline = performance.now() + START_LIMIT_MS;
  while (isRunning(pid) && performance.now() < deadline) {
    if (await grantAccess(address)) return;
    await delay(50);
  }
  const log = readFileSync(join(address.folder, 'log'), 'utf8').split('\n').slice(-15).join('\n');
  throw new Error(`${address.found.kind} did not start:\n${log}`);
}

/** False while the server does not answer on its socket yet. */
async function grantAccess(address: ServerAddress): Promise<boolean> {
  const connection = await createConnection({ socketPath: socketOf(address), user: 'root' }).catch(() => undefined);
  if (connection === undefined) return false;
  try {
    await connection.query(`CREATE USER IF NOT EXISTS '${USER}'@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`);
    await connection.query(`GRANT ALL ON *.* TO '${USER}'@'127.0.0.1' WITH GRANT OPTION`);
    return true;
  } finally {
    connection.destroy();
  }
}

async function end(address: ServerAddress, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (!existsSync(pidFile(address))) return;
  const pid = readPid(address);
  if (isRunning(pid)) {
    process.kill(pid, signal);
    process.kill(pid, 'SIGCONT');
  }
  const deadline = performance.now() + STOP_LIMIT_MS;
  while (isRunning(pid)) {
    if (performance.now() > deadline) process.kill(pid, 'SIGKILL');
    await delay(10);
  }
  rmSync(pidFile(address), { force: true });
}

/** False for a zombie too: its parent may never ask for it. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = `/proc/${pid}/stat`;
    return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'latin1'));
  } catch {
    return false;
  }
}

function readPid(address: ServerAddress): number {
  return Number(readFileSync(pidFile(address), 'utf8'));
}

function pidFile(address: ServerAddress): string {
  return join(address.folder, 'pid');
}

function socketOf(address: ServerAddress): string {
  return join(address.folder, 'sock');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
