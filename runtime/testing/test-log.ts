// The logger of an app in a test: keeps every line, with the run it belongs to. Handlers' lines carry their run by `child`,
// as pino's do; the runtime's own are told by their `event`.
import type { Log } from '../types.js';

export interface LogLine {
  readonly level: keyof Log;
  readonly message: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

interface Kept extends LogLine {
  readonly run: string | null;
}

export class TestLog implements Log {
  readonly #lines: Kept[];
  readonly #also: Log | undefined;
  readonly #run: string | null;

  /** @param also gets every line too */
  constructor(also?: Log, { lines = [], run = null }: { lines?: Kept[]; run?: string | null } = {}) {
    this.#also = also;
    this.#lines = lines;
    this.#run = run;
  }

  child(fields: { readonly job?: unknown; readonly fireTime?: unknown }): TestLog {
    const also = this.#also && bound(this.#also, fields);
    return new TestLog(also, { lines: this.#lines, run: keyOf(fields) });
  }

  debug(fields: object, message?: string): void {
    this.#write('debug', fields, message);
  }

  info(fields: object, message?: string): void {
    this.#write('info', fields, message);
  }

  warn(fields: object, message?: string): void {
    this.#write('warn', fields, message);
  }

  error(fields: object, message?: string): void {
    this.#write('error', fields, message);
  }

  /** What the handler of one run has logged. */
  ofRun(job: string, fireTime: Date): readonly LogLine[] {
    const run = keyOf({ job, fireTime: fireTime.toISOString() });
    return this.#lines.filter((line) => line.run === run).map(withoutRun);
  }

  #write(level: keyof Log, fields: object, message: string | undefined): void {
    this.#also?.[level](fields, message);
    this.#lines.push({ level, message, fields: { ...fields }, run: this.#run });
  }
}

function keyOf({ job, fireTime }: { readonly job?: unknown; readonly fireTime?: unknown }): string {
  return `${job}@${fireTime}`;
}

function withoutRun({ level, message, fields }: Kept): LogLine {
  return { level, message, fields };
}

function bound(log: Log, run: object): Log {
  const write = (level: keyof Log) => (fields: object, message?: string) => log[level]({ ...run, ...fields }, message);
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
