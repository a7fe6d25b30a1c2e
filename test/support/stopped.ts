// Whether a process that was sent SIGSTOP has really stopped, all of its threads. Linux only; elsewhere it does not wait.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** The signal is on its way when `kill` returns: a thread that still runs could answer one more statement. @throws after 2 s */
export function untilStopped(pid: number): void {
  const tasks = `/proc/${pid}/task`;
  const isStopped = (task: string) => {
    const stat = readFileSync(`${tasks}/${task}/stat`, 'utf8');
    return stat.charAt(stat.lastIndexOf(')') + 2) === 'T';
  };
  const deadline = performance.now() + 2_000;
  if (!existsSync(tasks)) return;
  while (!readdirSync(tasks).every(isStopped))
    if (performance.now() > deadline) throw new Error(`${pid} does not stop`);
}
