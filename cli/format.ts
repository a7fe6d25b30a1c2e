// How values look on a terminal: times in UTC, durations in one unit, tables with aligned columns. Pure.
// Style codes are put on after the widths are known, so that they never count as width.

export type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold';

const SGR: Readonly<Record<Style, number>> = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 };

/** `text` in a style, or as it is. */
export function paint(text: string, style: Style | undefined, color: boolean): string {
  return color && style !== undefined && text !== '' ? `\u001b[${SGR[style]}m${text}\u001b[0m` : text;
}

/** `12 ms`, `1.2 s`, `3 min 5 s`, `2 h 4 min`, `3 d 1 h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const [big, small] = BIGGER.find(({ from }) => seconds >= from)?.parts(seconds) ?? [0, 0];
  return `${big} ${small}`;
}

const BIGGER = [
  {
    from: 86_400,
    parts: (s: number) => [`${Math.floor(s / 86_400)} d`, `${Math.floor((s % 86_400) / 3_600)} h`] as const,
  },
  { from: 3_600, parts: (s: number) => [`${Math.floor(s / 3_600)} h`, `${Math.floor((s % 3_600) / 60)} min`] as const },
  { from: 0, parts: (s: number) => [`${Math.floor(s / 60)} min`, `${s % 60} s`] as const },
];

/** `2026-05-17 08:30:00`, UTC. */
export function dateTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

/** `08:30:00`, UTC. */
export function clockTime(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

/** ISO 8601, for --json. */
export function iso(ms: number): string;
export function iso(ms: number | null): string | null;
export function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** An instance as people tell it apart: first label of the host, process id, first characters of the id. */
export function instanceLabel({ host, pid, id }: { host: string; pid: number; id: string }): string {
  return `${(host.split('.', 1)[0] ?? '').slice(0, 12)}:${pid}:${id.slice(0, 4)}`;
}

/** One line, cut. Control characters would move the cursor or forge lines, so they go. */
export function oneLine(text: string, length = 200): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}

export interface Cell {
  readonly text: string;
  readonly style?: Style;
  readonly right?: true;
}

/** Rows under a heading, columns as wide as their widest cell; the last one is not padded. */
export function table(heading: readonly string[], rows: readonly (readonly Cell[])[], color: boolean): string[] {
  const head = heading.map((text): Cell => ({ text, style: 'dim' }));
  const all = [head, ...rows];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => row[column]?.text.length ?? 0)));
  const right = heading.map((_, column) => rows.some((row) => row[column]?.right === true));
  return all.map((row) =>
    row
      .map(({ text, style }, column) => {
        const width = column === heading.length - 1 ? 0 : (widths[column] ?? 0);
        const padded = right[column] === true ? text.padStart(width) : text.padEnd(width);
        return paint(padded, style, color);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** The style of an outcome. */
export function styleOf(outcome: string): Style {
  if (outcome === 'succeeded') return 'green';
  if (outcome === 'running') return 'cyan';
  return ['skipped', 'missed', 'cancelled', 'requeued', 'discarded'].includes(outcome) ? 'yellow' : 'red';
}
