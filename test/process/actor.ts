// One instance under test, as the harness handles it: forked, killed, frozen, told to stop. Everything done to it goes into
// the witness's log at the moment it is done, because the checker excuses nothing else.
// A process that ends without being asked to is an EXIT like any other, and `crashed` says so.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolder } from '../support/scratch.js';
import type { Witness } from '../support/witness.js';
import { OPTIONS_VARIABLE, type Report } from './instance-options.js';

/** A report, and when it came by the harness's wall clock. */
export type Received = Report & { readonly receivedMs: number };

export interface Actor {
  readonly pid: number;
  /** What it said of itself so far. */
  readonly reports: readonly Received[];
  /** The ids it went by, one a membership. */
  readonly ids: readonly string[];
  /** It ended, and nobody had asked it to. */
  readonly crashed: boolean;
  readonly ended: boolean;
  /** Its stdout and stderr. */
  readonly output: string;
  /** Resolves when it has joined. @throws when it ends first */
  up(): Promise<void>;
  count(event: string): number;
  /** Sends it what its script understands. */
  ask(command: object): void;
  /** SIGKILL; resolves when it is reaped and that is logged. */
  kill9(): Promise<void>;
  /** SIGSTOP. */
  freeze(): Promise<void>;
  /** SIGCONT. */
  thaw(): Promise<void>;
  /** SIGTERM; resolves when it has exited. */
  term(): Promise<void>;
}

export interface ActorOptions {
  readonly name: string;
  readonly script: string;
  readonly witness: Witness;
  /** What its script reads from its environment. */
  readonly options: object;
  /** Beside the usual environment, such as LD_PRELOAD. */
  readonly env: Readonly<Record<string, string>>;
}

interface State {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly reports: Received[];
  readonly gone: Promise<void>;
  readonly witness: Witness;
  output: string;
  asked: 'SIGKILL' | 'SIGTERM' | undefined;
  ended: boolean;
}

export function startActor(options: ActorOptions): Actor {
  const state = spawn(options);
  const { pid, child, reports, witness } = state;
  return {
    pid,
    reports,
    get ids() {
      const started = reports.filter(({ event }) => event === 'instance.started');
      return started.map(({ data }) => (data as { readonly instance: string }).instance);
    },
    get crashed() {
      return state.ended && state.asked === undefined;
    },
    get ended() {
      return state.ended;
    },
    get output() {
      return state.output;
    },
    up: () => up(state),
    count: (event) => reports.filter((report) => report.event === event).length,
    ask: (command) => void child.send(command),
    kill9: () => end(state, 'SIGKILL'),
    async freeze() {
      process.kill(pid, 'SIGSTOP');
      await witness.tell({ event: 'STOP', pid });
    },
    async thaw() {
      await witness.tell({ event: 'CONT', pid });
      process.kill(pid, 'SIGCONT');
    },
    term: () => end(state, 'SIGTERM'),
  };
}

function spawn({ name, script, witness, options, env }: ActorOptions): State {
  const child = fork(script, [], {
    execArgv: ['--no-warnings'],
    env: { ...process.env, ...witness.env, ...env, [OPTIONS_VARIABLE]: JSON.stringify(options) },
    silent: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start the instance ${name}`);
  // whatever becomes of the harness, even a frozen instance is killed with its folder (see scratch.ts)
  writeFileSync(join(scratchFolder(name), 'pid'), String(pid));
  const state: State = {
    child,
    pid,
    reports: [],
    witness,
    output: '',
    asked: undefined,
    ended: false,
    gone: whenGone(),
  };
  child.on('message', (report) => state.reports.push({ ...(report as Report), receivedMs: Date.now() }));
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (state.output += String(text)));
  return state;

  async function whenGone(): Promise<void> {
    const [code] = (await once(child, 'exit')) as [number | null];
    state.ended = true;
    await witness.tell(
      state.asked === 'SIGKILL' ? { event: 'KILL', pid: state.pid } : { event: 'EXIT', pid: state.pid, code },
    );
  }
}

async function up(state: State): Promise<void> {
  while (!state.reports.some(({ event }) => event === 'up')) {
    if (state.ended) throw new Error(`an instance did not start:\n${state.output}`);
    await Promise.race([once(state.child, 'message'), state.gone]);
  }
  await state.witness.tell({ event: 'UP', pid: state.pid });
}

async function end(state: State, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const { pid, gone, witness } = state;
  if (!state.ended && state.asked !== signal) {
    state.asked = signal;
    if (signal === 'SIGTERM') await witness.tell({ event: 'TERM', pid });
    process.kill(pid, signal);
  }
  await gone;
}
