// How commands speak: results to stdout, problems to stderr, colour only on a terminal that wants it. Nobody is asked
// anything, and a reader that went away (`| head`) is no error.

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The one thing that --json prints. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

export function complain(text: string): void {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** NO_COLOR wins over FORCE_COLOR; without either the stream decides. */
export function wantsColor(stream: NodeJS.WriteStream): boolean {
  if (process.env.NO_COLOR !== undefined && process.env.NO_COLOR !== '') return false;
  if (process.env.FORCE_COLOR !== undefined && process.env.FORCE_COLOR !== '0') return true;
  return stream.isTTY === true && process.env.TERM !== 'dumb';
}

/** `1 job`, `2 jobs`. */
export function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
