// The witness: a process of its own that writes down what instances and harness tell it, in the order it hears it, each line
// fsynced before it is acknowledged. It also is a fenced resource: it takes an effect if its fence is no smaller
// than any it has taken, and says so. It must run under the machine's own clock, and reads nothing but its socket.
// Arguments: the socket's path and the log's path.
import { fsyncSync, openSync, writeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Undecided, WitnessEvent, WitnessMessage, WitnessReply } from './witness-events.js';

const [socketPath, logPath] = process.argv.slice(2);
if (socketPath === undefined || logPath === undefined) throw new Error('usage: witness-server SOCKET LOG');

const log = openSync(logPath, 'a');
const highestFence = new Map<string, number>();
let written = 0;

createServer((socket) => {
  socket.on('error', () => {});
  const lines = createInterface({ input: socket }).on('error', () => {});
  lines.on('line', (line) => take(socket, JSON.parse(line) as WitnessMessage));
}).listen(socketPath, () => process.send?.('ready'));
// the harness is gone: nobody needs a witness any more
process.on('disconnect', () => process.exit(0));

function take(socket: Socket, { id, body }: WitnessMessage): void {
  const accepted = body.event === 'EFFECT' ? (body.accepted ?? judge(body)) : undefined;
  const stamp = { n: written++, atMs: Number(process.hrtime.bigint()) / 1e6, wallMs: Date.now() };
  const event = { ...stamp, ...body, ...(accepted === undefined ? {} : { accepted }) } as WitnessEvent;
  writeSync(log, `${JSON.stringify(event)}\n`);
  fsyncSync(log);
  const reply: WitnessReply = accepted === undefined ? { id } : { id, accepted };
  socket.write(`${JSON.stringify(reply)}\n`);
}

function judge({ resource, fence }: Undecided): boolean {
  const highest = highestFence.get(resource) ?? Number.NEGATIVE_INFINITY;
  if (fence < highest) return false;
  highestFence.set(resource, fence);
  return true;
}
