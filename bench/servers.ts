// The servers a bench runs on: private ones of the test support, or the one in BENCH_DATABASE_URL.
import { existsSync, readFileSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';
import type { ServerKind } from '../test/support/find-server.js';
import { missingServer, startServer } from '../test/support/servers.js';

export interface BenchServer {
  readonly name: string;
  readonly url: string;
  /** Processor time of the server so far; NaN where there is no /proc. */
  cpuMs(): number;
  stop(): Promise<void>;
}

/** A server with an empty database `bench`; null where this machine has none. */
export async function benchServer(kind: ServerKind): Promise<BenchServer | null> {
  if (missingServer(kind) !== undefined) return null;
  const server = await startServer(kind);
  const admin = await createConnection(server.url('mysql'));
  await admin.query('CREATE DATABASE bench');
  const [[row]] = (await admin.query('SELECT VERSION() AS version')) as unknown as [[{ version: string }]];
  await admin.end();
  return {
    name: `${kind} ${row.version}`,
    url: server.url('bench'),
    cpuMs: () => cpuMsOf(server.pid),
    stop: () => server.stop(),
  };
}

const MS_A_TICK = 10;

/** Processor time of a process so far; NaN where there is no /proc. */
export function cpuMsOf(pid: number): number {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return Number.NaN;
  const [user, system] = readFileSync(file, 'utf8').split(') ')[1]?.split(' ').slice(11, 13) ?? [];
  return (Number(user) + Number(system)) * MS_A_TICK;
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? Number.NaN;
}
