// `dal-job gen --watch`: generates after every save of jobs.yaml, until Ctrl-C. An error is told and the last good output
// stays; a save that changes nothing is not mentioned. Loaded only when it is asked for.
import type { ExitCode } from './command.js';
import { whichConfig } from './gen.js';
import { tell } from './gen-report.js';
import { complain, print } from './output.js';
import { stopSignal } from './signals.js';

type Options = Readonly<Record<string, unknown>>;

/** Goes on until a signal. */
export async function watch(options: Options): Promise<ExitCode> {
  const { watchAndGenerate } = await import('../generator/watch.js');
  const where = await whichConfig(options);
  const stop = new AbortController();
  void stopSignal().then(() => stop.abort());
  const isText = options.format === 'text';
  let last = '';
  await watchAndGenerate({
    ...where,
    signal: stop.signal,
    async onReport(report, tookMs) {
      const told = JSON.stringify([report.exitCode, report.problems, report.findings]);
      if (told !== last || report.changes.length > 0) await tell(report, { ...options, looked: false, tookMs });
      last = told;
    },
    onFailure(error) {
      const text = describe(error);
      if (text !== last) complain(text);
      last = text;
    },
    onReady: () => isText && print(`watching ${where.configFile}; Ctrl-C ends it`),
  });
  return 0;
}

function describe(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const known = typeof code === 'string' && /^DJ\d{4}$/.test(code) ? code : 'DJ1299';
  return `dal-job: error ${known} ${String(message ?? error)}`;
}
