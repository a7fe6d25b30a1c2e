// How a process talks to the witness: handlers of test instances through `witnessRun`, the harness through `tell`.
// A handler starts to work only after its START is acknowledged, so that what is not in the log did not begin. The exclusive
// file of each fire and attempt is a second evidence that needs neither the witness nor any clock.
import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunKind } from '../../runtime/types.js';
import type {
  CallEvent,
  HarnessEvent,
  RowsEvent,
  RunEvent,
  RunFacts,
  Undecided,
  WitnessMessage,
  WitnessReply,
} from './witness-events.js';

/** Where a test instance finds the witness: the path of its socket. */
export const WITNESS_VARIABLE = 'DAL_JOB_TEST_WITNESS';

/** As much of a job's context as the witness wants to know. */
export interface WitnessedContext {
  readonly job: string;
  readonly fireTimeMs: number;
  readonly attempt: number;
  readonly kind: RunKind;
  readonly fence: number;
  readonly idempotencyKey: string;
}

export interface WitnessClient {
  /** Resolves when it is on disk. @throws when the witness is gone. */
  tell(body: RunEvent | HarnessEvent | CallEvent | RowsEvent): Promise<void>;
  /** Marks START, works, marks END, whatever the work does; its error goes on. */
  witnessRun(context: WitnessedContext, work: () => Promise<void>): Promise<void>;
  /** An effect on the witness's own fenced resource; whether it was accepted. */
  effect(context: WitnessedContext, resource?: string): Promise<boolean>;
  /** An effect that another resource decided on. */
  effectElsewhere(context: WitnessedContext, decided: { resource: string; accepted: boolean }): Promise<void>;
  close(): void;
}

/** @throws when nothing listens there. */
export async function connectWitness(socketPath: string, instance = String(process.pid)): Promise<WitnessClient> {
  const send = await openLine(socketPath);
  const tell = async (body: RunEvent | HarnessEvent | CallEvent | RowsEvent) => void (await send.ask(body));
  const facts = (context: WitnessedContext) => factsOf(context, instance);
  return {
    tell,
    async witnessRun(context, work) {
      const run = facts(context);
      if (!takeFile(dirname(socketPath), run)) await tell({ event: 'DOUBLE', ...run });
      await tell({ event: 'START', ...run });
      try {
        await work();
      } catch (error) {
        await tell({ event: 'END', outcome: 'threw', ...run });
        throw error;
      }
      await tell({ event: 'END', outcome: 'returned', ...run });
    },
    async effect(context, resource = context.job) {
      const reply = await send.ask({ event: 'EFFECT', resource, ...facts(context) });
      return reply.accepted === true;
    },
    effectElsewhere: (context, decided) => tell({ event: 'EFFECT', ...decided, ...facts(context) }),
    close: send.close,
  };
}

function factsOf(context: WitnessedContext, instance: string): RunFacts {
  const { job, fireTimeMs, fence, attempt, kind, idempotencyKey } = context;
  return { job, key: idempotencyKey, fireTimeMs, fence, attempt, kind, instance, pid: process.pid };
}

/** False when somebody was here before. A run on every instance (fence 0) has a file for each process. */
function takeFile(folder: string, { job, fireTimeMs, key, attempt, fence, pid }: RunFacts): boolean {
  const manual = key.endsWith('/manual') ? '.manual' : '';
  const name = `${job}@${fireTimeMs}${manual}.${attempt}${fence === 0 ? `.${pid}` : ''}.fire`;
  try {
    closeSync(openSync(join(folder, name), 'wx'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

interface Line {
  ask(body: WitnessMessage['body'] | Undecided): Promise<WitnessReply>;
  close(): void;
}

async function openLine(socketPath: string): Promise<Line> {
  const socket = connect(socketPath);
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const waiting = new Map<number, { resolve(reply: WitnessReply): void; reject(error: Error): void }>();
  let next = 0;
  const lines = createInterface({ input: socket }).on('error', () => {});
  lines.on('line', (line) => {
    const reply = JSON.parse(line) as WitnessReply;
    waiting.get(reply.id)?.resolve(reply);
    waiting.delete(reply.id);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the witness is gone'));
  });
  // a handler that waits for its acknowledgement keeps the process alive by itself
  socket.unref();
  return {
    ask: (body) =>
      new Promise((resolve, reject) => {
        const id = next++;
        if (socket.destroyed) return reject(new Error('the witness is gone'));
        waiting.set(id, { resolve, reject });
        socket.write(`${JSON.stringify({ id, body })}\n`);
      }),
    close: () => socket.destroy(),
  };
}
