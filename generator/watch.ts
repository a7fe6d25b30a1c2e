// Generating again after every save. Saves come in many shapes: a new file renamed over the old one, truncated and written,
// deleted and created, two in a row. So an event only says "look again": after a short quiet the whole is read afresh,
// and a file that is empty or missing gets a moment more, since that is what a save looks like half-way. What must
// hold: no save is missed (the text is compared once more after each run), and no error ends the watch.
import { basename, dirname, resolve } from 'node:path';
import { type GenerateOptions, type GenerateReport, generate } from './index.js';
import { createFolderWatch } from './watch-folders.js';
import { readText } from './write.js';

/** Events this close together are one save. */
const QUIET_MS = 15;
/** How long a file may be empty or missing before that is what the user wants. */
const HALFWAY_MS = 250;

export interface WatchOptions extends Pick<GenerateOptions, 'root' | 'configFile'> {
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** After each run; `tookMs` since its save was seen. */
  readonly onReport: (report: GenerateReport, tookMs: number) => Promise<void> | void;
  /** A run that could not read or write; the watch goes on. */
  readonly onFailure: (error: unknown) => void;
  /** After the first run; saves are seen from here on. */
  readonly onReady?: () => void;
}

/** Generates now and after every save; resolves when the signal aborts. */
export async function watchAndGenerate(options: WatchOptions): Promise<void> {
  const path = resolve(options.root, options.configFile ?? 'jobs.yaml');
  const [root, file] = [dirname(path), basename(path)];
  const read = (): string | null => readText(root, file);
  const news = createNews(options.signal);
  const folders = createFolderWatch({ root, file, onEvent: news.tell });
  try {
    folders.follow([]);
    let ready = options.onReady;
    for (let seenMs = performance.now(); !options.signal.aborted; seenMs = await news.next()) {
      await settle(news, read);
      if (options.signal.aborted) return;
      const before = read();
      folders.follow(await runOnce(options, seenMs));
      ready?.();
      ready = undefined;
      if (read() !== before) news.tell();
    }
  } finally {
    folders.close();
  }
}

/** One run; answers the files it depends on. */
async function runOnce(options: WatchOptions, seenMs: number): Promise<readonly string[]> {
  try {
    const { root, configFile } = options;
    const report = await generate({ root, ...(configFile === undefined ? {} : { configFile }) });
    await options.onReport(report, performance.now() - seenMs);
    return report.files;
  } catch (error) {
    options.onFailure(error);
    return [];
  }
}

/** Waits until nothing more happens, and longer while the file looks half saved. */
async function settle(news: News, read: () => string | null): Promise<void> {
  await news.quiet(QUIET_MS);
  const halfway = performance.now() + HALFWAY_MS;
  while ((read() ?? '').trim() === '' && performance.now() < halfway) await news.quiet(QUIET_MS);
}

interface News {
  /** Something happened. */
  readonly tell: () => void;
  /** When the first thing since the last call happened; waits for one. */
  readonly next: () => Promise<number>;
  /** Resolves when nothing has happened for so long. */
  readonly quiet: (ms: number) => Promise<void>;
}

function createNews(signal: AbortSignal): News {
  let firstMs: number | null = null;
  let count = 0;
  let wake = (): void => {};
  const tell = (): void => {
    firstMs ??= performance.now();
    count += 1;
    wake();
  };
  signal.addEventListener('abort', () => wake());
  const next = async (): Promise<number> => {
    if (firstMs === null && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
    return firstMs ?? performance.now();
  };
  const quiet = async (ms: number): Promise<void> => {
    for (let before = -1; before !== count && !signal.aborted; ) {
      before = count;
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
    firstMs = null;
  };
  return { tell, next, quiet };
}
