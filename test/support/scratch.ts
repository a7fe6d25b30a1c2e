// Folders for a test process's servers and files, which vanish with the process however it ends.
// A detached shell holds the other end of a pipe from us: when we exit, crash or are killed (even by kill -9), the pipe
// closes, and the shell kills what wrote a `pid` file below the folder and removes it. No signal handler is
// needed, and none must be added here: a handler does not run on kill -9.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const GUARD = `
cat >/dev/null
for file in "$1"/*/pid; do [ -f "$file" ] && kill -9 "$(cat "$file")"; done 2>/dev/null
for try in 1 2 3 4 5; do rm -rf "$1" 2>/dev/null && exit 0; sleep 1; done
`;

interface Scratch {
  readonly root: string;
  readonly guard: ChildProcess;
}

/** One for each process; the only state this module has, since a process has only one end. */
const current: { scratch: Scratch | undefined } = { scratch: undefined };

/** The private folder of this process; made at the first call. Below it, `<name>/pid` names a process to kill at the end. */
export function scratchRoot(): string {
  current.scratch ??= createScratch();
  return current.scratch.root;
}

/** A new folder `<root>/<name>`. @throws when it exists already. */
export function scratchFolder(name: string): string {
  const folder = join(scratchRoot(), name);
  mkdirSync(folder);
  return folder;
}

/** Kills and removes everything now, and resolves when it is gone. Idempotent. */
export async function removeScratch(): Promise<void> {
  const scratch = current.scratch;
  current.scratch = undefined;
  if (scratch === undefined || scratch.guard.exitCode !== null) return;
  const gone = once(scratch.guard, 'exit');
  scratch.guard.ref();
  scratch.guard.stdin?.end();
  await gone;
}

function createScratch(): Scratch {
  const root = mkdtempSync(join(tmpdir(), 'dal-job-test-'));
  const guard = spawn('sh', ['-c', GUARD, 'sh', root], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.unref();
  // a pipe is a socket here, though its type does not say so
  (guard.stdin as unknown as { unref(): void }).unref();
  return { root, guard };
}
