// The harness's side of the witness: starts its process in a folder of its own, tells it what is done to the instances, and
// reads the log back. The address goes to instances by DAL_JOB_TEST_WITNESS (see witness-client.ts).
// The witness must never share an instance's environment: a faked clock would reach it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratchFolder } from './scratch.js';
import { connectWitness, WITNESS_VARIABLE } from './witness-client.js';
import type { HarnessEvent, WitnessEvent } from './witness-events.js';

export interface Witness {
  /** What an instance's environment needs. */
  readonly env: Readonly<Record<string, string>>;
  readonly logPath: string;
  /** Puts a harness event into the log; resolves when it is on disk. */
  tell(event: HarnessEvent): Promise<void>;
  /** The log so far. */
  read(): WitnessEvent[];
  stop(): Promise<void>;
}

/** @param name unique in this process, for the folder. */
export async function startWitness(name: string): Promise<Witness> {
  const folder = scratchFolder(`witness-${name}`);
  const socketPath = join(folder, 'socket');
  const logPath = join(folder, 'log.jsonl');
  const { LD_PRELOAD: _preload, FAKETIME: _faketime, ...env } = process.env;
  const child = fork(fileURLToPath(new URL('./witness-server.ts', import.meta.url)), [socketPath, logPath], {
    execArgv: ['--conditions=dal-job-source', '--import', 'tsx'],
    env,
  });
  await once(child, 'message');
  child.unref();
  child.channel?.unref();
  const client = await connectWitness(socketPath, 'harness');
  return {
    env: { [WITNESS_VARIABLE]: socketPath },
    logPath,
    tell: (event) => client.tell(event),
    read: () => readLog(logPath),
    async stop() {
      client.close();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.ref();
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Whole lines only: the last may be in the making. */
export function readLog(logPath: string): WitnessEvent[] {
  const lines = readFileSync(logPath, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as WitnessEvent);
}
