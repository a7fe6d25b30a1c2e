// The servers of a test run: one MariaDB and one MySQL, started once by test/run.ts and shared by every test process through
// DAL_JOB_TEST_SERVERS; a test file that is run by hand starts what it needs at the first call.
// A test that kills, freezes or restarts a server starts one of its own (`startServer`): the shared ones must stay as they are.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  type FoundServer,
  findServer,
  type MissingServer,
  missing,
  SERVER_KINDS,
  type ServerKind,
} from './find-server.js';
import { scratchFolder, scratchRoot } from './scratch.js';
import { attach, createTestServer, type ServerAddress, type StartOptions, type TestServer } from './server.js';

export const SHARED_SERVERS_VARIABLE = 'DAL_JOB_TEST_SERVERS';

/** What a parent hands down: for each kind the address, or why there is none. */
export interface SharedServers {
  readonly templates: string;
  readonly servers: readonly ServerAddress[];
  readonly missing: readonly MissingServer[];
}

/** Each kind is started at most once a process. */
const started = new Map<ServerKind, Promise<TestServer | MissingServer>>();

/** The shared server of a kind, or why this machine has none (a server that is there and does not start counts as missing). */
export function sharedServer(kind: ServerKind): Promise<TestServer | MissingServer> {
  const promise = started.get(kind) ?? handedDown(kind) ?? startShared(kind);
  started.set(kind, promise);
  return promise;
}

/** Known without starting anything: whether tests of this kind will be skipped, and why. */
export function missingServer(kind: ServerKind): MissingServer | undefined {
  const shared = readShared();
  if (shared !== undefined) return shared.missing.find((server) => server.kind === kind);
  const found = findServer(kind);
  return 'reason' in found ? found : undefined;
}

/** A server for one test alone; the caller stops it. @throws when this machine has none. */
export async function startServer(
  kind: ServerKind,
  options: StartOptions & { readonly args?: readonly string[] } = {},
): Promise<TestServer> {
  const found = findServer(kind);
  if ('reason' in found) throw new Error(`${found.reason}: ${found.remedy}`);
  return startFound(found, options);
}

/** Starts every kind and says what a child process must be told of them. */
export async function startSharedServers(): Promise<SharedServers> {
  const all = await Promise.all(SERVER_KINDS.map(sharedServer));
  return {
    templates: templates(),
    servers: all.flatMap((server) => ('address' in server ? [server.address] : [])),
    missing: all.flatMap((server) => ('reason' in server ? [server] : [])),
  };
}

function startShared(kind: ServerKind): Promise<TestServer | MissingServer> {
  const found = findServer(kind);
  if ('reason' in found) return Promise.resolve(found);
  return startFound(found, {}).catch((error: Error) => missing(kind, error.message));
}

function startFound(found: FoundServer, options: StartOptions & { readonly args?: readonly string[] }) {
  const folder = scratchFolder(`${found.kind}-${randomBytes(3).toString('hex')}`);
  return createTestServer(found, folder, { ...options, template: join(templates(), `template-${found.kind}`) });
}

function handedDown(kind: ServerKind): Promise<TestServer | MissingServer> | undefined {
  const shared = readShared();
  const address = shared?.servers.find((server) => server.found.kind === kind);
  if (address !== undefined) return Promise.resolve(attach(address));
  const gap = shared?.missing.find((server) => server.kind === kind);
  return gap && Promise.resolve(gap);
}

function templates(): string {
  return readShared()?.templates ?? scratchRoot();
}

function readShared(): SharedServers | undefined {
  const text = process.env[SHARED_SERVERS_VARIABLE];
  return text ? (JSON.parse(text) as SharedServers) : undefined;
}
