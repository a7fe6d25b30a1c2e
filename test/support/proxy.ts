// A TCP proxy in front of a MySQL or MariaDB server that does to connections what networks do: lose a request, lose a
// reply after the server acted, deliver late, go silent. Faults are aimed at statements by their text, and each
// tells that it happened: a test that never saw its fault proves nothing. Faults never touch the bytes themselves.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Gate, gate } from './gate.js';
import { packetCutter, statementReader } from './packets.js';

export interface SeenStatement {
  /** Position in the order in which statements reached the proxy, from 0. */
  readonly order: number;
  /** Number of the connection, from 0. */
  readonly connection: number;
  readonly sql: string;
  /** performance.now() of the test process. */
  readonly atMs: number;
}

export type Match = RegExp | ((statement: SeenStatement) => boolean);

export type Fault =
  /** The server acts and answers; the answer is lost and the connection is cut. */
  | { readonly kind: 'eatReply' }
  /** The server never hears of it; the connection stays open and silent. */
  | { readonly kind: 'dropRequest' }
  /** The server never hears of it, and the connection is cut. */
  | { readonly kind: 'cut' }
  /** The server acts at once, its answer comes later. */
  | { readonly kind: 'delayReply'; readonly ms: number }
  /** The server hears of it later, even if the client has left by then. */
  | { readonly kind: 'delayRequest'; readonly ms: number };

export interface FaultHandle {
  /** The statements it struck. */
  readonly hits: readonly SeenStatement[];
  /** Resolves at the first hit (with eatReply: once the server has answered). */
  readonly first: Promise<SeenStatement>;
  cancel(): void;
}

export interface TestProxy {
  readonly port: number;
  /** The same url with the proxy's port. */
  url(serverUrl: string): string;
  /** Every statement seen, in order; prepared ones at each execute. */
  readonly statements: readonly SeenStatement[];
  count(match: Match): number;
  /** Strikes the next `times` (default 1) matching statements. Faults are tried in the order they were given. */
  inject(match: Match, fault: Fault, times?: number): FaultHandle;
  /** From now on nothing gets through, in either direction; new connections are accepted and hang. */
  freeze(): void;
  /** What was held goes through, in order. */
  thaw(): void;
  /** Cuts every connection. */
  cutAll(): void;
  close(): Promise<void>;
}

interface ArmedFault {
  readonly match: Match;
  readonly fault: Fault;
  readonly hits: SeenStatement[];
  readonly strike: (statement: SeenStatement) => void;
  left: number;
}

interface Link {
  readonly id: number;
  readonly client: Socket;
  readonly server: Socket;
  readonly requests: Gate;
  readonly replies: Gate;
  /** Set by eatReply, until the server's next bytes. */
  eating: (() => void) | undefined;
  /** Set by delayReply, until the server's next bytes. */
  delayingMs: number | undefined;
}

interface State {
  readonly statements: SeenStatement[];
  readonly links: Set<Link>;
  faults: readonly ArmedFault[];
  connections: number;
  frozen: boolean;
}

/** Listens on a free port of 127.0.0.1 and forwards to `serverPort` there. */
export async function startProxy(serverPort: number): Promise<TestProxy> {
  const state: State = { statements: [], links: new Set(), faults: [], connections: 0, frozen: false };
  const listener = createServer((client) => accept(state, client, serverPort));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    url: (serverUrl) => serverUrl.replace(`:${serverPort}`, `:${port}`),
    statements: state.statements,
    count: (match) => state.statements.filter((statement) => matches(match, statement)).length,
    inject: (match, fault, times = 1) => inject(state, { match, fault, left: times }),
    freeze: () => setFrozen(state, true),
    thaw: () => setFrozen(state, false),
    cutAll: () => state.links.forEach(cut),
    async close() {
      listener.close();
      state.links.forEach(cut);
      await once(listener, 'close');
    },
  };
}

function inject(state: State, armed: Pick<ArmedFault, 'match' | 'fault' | 'left'>): FaultHandle {
  const hits: SeenStatement[] = [];
  const { promise, resolve } = withResolver<SeenStatement>();
  const strike = (statement: SeenStatement) => {
    hits.push(statement);
    resolve(statement);
  };
  const entry: ArmedFault = { ...armed, hits, strike };
  state.faults = [...state.faults, entry];
  const cancel = () => {
    state.faults = state.faults.filter((other) => other !== entry);
  };
  return { hits, first: promise, cancel };
}

function accept(state: State, client: Socket, serverPort: number): void {
  const server = connect(serverPort, '127.0.0.1');
  const link: Link = {
    id: state.connections++,
    client,
    server,
    requests: gate(server),
    replies: gate(client),
    eating: undefined,
    delayingMs: undefined,
  };
  for (const socket of [client, server]) socket.setNoDelay(true).on('error', () => {});
  if (state.frozen) holdBoth(link);
  state.links.add(link);
  listen(state, link);
}

function listen(state: State, link: Link): void {
  const packets = packetCutter();
  const reader = statementReader();
  link.client.on('data', (chunk) => {
    for (const packet of packets(chunk)) request(state, link, packet, reader.fromClient(packet));
  });
  link.server.on('data', (chunk) => {
    reader.fromServer(chunk);
    reply(link, chunk);
  });
  link.client.on('close', () => {
    link.requests.end();
  });
  link.server.on('close', () => {
    link.replies.end();
    state.links.delete(link);
  });
}

function request(state: State, link: Link, packet: Buffer, sql: string | undefined): void {
  const statement = sql === undefined ? undefined : note(state, link, sql);
  const armed = statement && state.faults.find(({ match, left }) => left > 0 && matches(match, statement));
  if (statement === undefined || armed === undefined) {
    link.requests.push(packet);
    return;
  }
  armed.left -= 1;
  strike(link, packet, { armed, statement });
}

function note(state: State, link: Link, sql: string): SeenStatement {
  const statement = { order: state.statements.length, connection: link.id, sql, atMs: performance.now() };
  state.statements.push(statement);
  return statement;
}

function strike(
  link: Link,
  packet: Buffer,
  hit: { readonly armed: ArmedFault; readonly statement: SeenStatement },
): void {
  const { fault, strike: happened } = hit.armed;
  if (fault.kind === 'eatReply') link.eating = () => happened(hit.statement);
  else happened(hit.statement);
  if (fault.kind === 'cut') cut(link);
  if (fault.kind === 'delayReply') link.delayingMs = fault.ms;
  if (fault.kind === 'delayRequest') link.requests.hold(fault.ms);
  if (fault.kind !== 'cut' && fault.kind !== 'dropRequest') link.requests.push(packet);
}

function reply(link: Link, chunk: Buffer): void {
  if (link.eating !== undefined) {
    cut(link);
    link.eating();
    link.eating = undefined;
    return;
  }
  if (link.delayingMs !== undefined) link.replies.hold(link.delayingMs);
  link.delayingMs = undefined;
  link.replies.push(chunk);
}

function setFrozen(state: State, frozen: boolean): void {
  if (state.frozen === frozen) return;
  state.frozen = frozen;
  for (const link of state.links) {
    if (frozen) holdBoth(link);
    else for (const held of [link.requests, link.replies]) held.release();
  }
}

function holdBoth(link: Link): void {
  link.requests.hold();
  link.replies.hold();
}

function cut(link: Link): void {
  link.client.destroy();
  link.server.destroy();
}

function matches(match: Match, statement: SeenStatement): boolean {
  return match instanceof RegExp ? match.test(statement.sql) : match(statement);
}

function withResolver<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
