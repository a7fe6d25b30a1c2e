// A jobs.yaml that went wrong: arbitrary mutations of good ones, by lines, characters and values. Any text at all may come
// out, also a good one; what must hold of each is said where this is used.
import fc from 'fast-check';

/** What is done to a text; `at` and `to` are taken modulo what there is. */
export interface Mutation {
  readonly kind: keyof typeof KINDS;
  readonly at: number;
  readonly to: number;
  readonly value: string;
}

const VALUES = [
  ...['null', '~', 'true', '"no"', '17', '-1', '1e400', '.inf', '0x1F', '1.5', '[]', '{}', '[[]]', '{a: {b: 1}}', "''"],
  ...[
    '"x',
    "'x",
    '*a',
    '&a',
    '&a 1',
    '*a b',
    '<<',
    '!t x',
    '!!map',
    '| ',
    '>-',
    '- ',
    '? ',
    ': ',
    '@x',
    '%x',
    '`x',
    '# x',
  ],
  ...[
    '2026-02-30',
    '1h30m',
    '${',
    '${X',
    '$${',
    '"\\q"',
    '"\\u0000"',
    '__proto__',
    'constructor',
    '[',
    ']',
    '{',
    '}',
    ',',
  ],
  ...[
    '\t',
    '\r',
    '\0',
    '\uFEFF',
    '\u2028',
    '\u202e',
    '\u0301',
    '\ud800',
    '😀',
    '名前',
    'ﷺ',
    '\u00a0',
    '\x1b[31m',
    '\x85',
  ],
  ...[
    '---',
    '...',
    '%YAML 1.1',
    '<<<<<<< HEAD',
    '=======',
    'jobs:',
    'types: {A: {$ref: "#/types/A"}}',
    '"#/types/Nope"',
  ],
] as const;

const DEEP = [10, 90, 101, 400, 3_000] as const;

type Change = (text: string, at: number, mutation: Mutation) => string;

/** Of the lines: the one meant, and the others. */
function lines(change: (all: string[], at: number, mutation: Mutation) => void): Change {
  return (text, at, mutation) => {
    const all = text.split('\n');
    change(all, at % all.length, mutation);
    return all.join('\n');
  };
}

const KINDS = {
  dropLine: lines((all, at) => all.splice(at, 1)),
  doubleLine: lines((all, at) => all.splice(at, 0, all[at] ?? '')),
  swapLines: lines((all, at, { to }) => {
    const other = to % all.length;
    [all[at], all[other]] = [all[other] ?? '', all[at] ?? ''];
  }),
  moveLine: lines((all, at, { to }) => all.splice(to % all.length, 0, ...all.splice(at, 1))),
  indent: lines((all, at, { to }) => {
    all[at] = `${' '.repeat(to % 7)}${(all[at] ?? '').trimStart()}`;
  }),
  tab: lines((all, at) => {
    all[at] = `\t${all[at] ?? ''}`;
  }),
  retype: lines((all, at, { value }) => {
    all[at] = (all[at] ?? '').replace(/: .*$|:$/, `: ${value}`);
  }),
  rename: lines((all, at, { value }) => {
    all[at] = (all[at] ?? '').replace(/[\w"]+(?=:)/, value);
  }),
  addKey: lines((all, at, { value }) => {
    const indent = /^ */.exec(all[at] ?? '')?.[0] ?? '';
    all.splice(at, 0, `${indent}${value}: ${value}`);
  }),
  deepen: lines((all, at, { to }) => {
    const depth = DEEP[to % DEEP.length] ?? 1;
    const [open, close] = to % 2 === 0 ? ['[', ']'] : ['{a: ', '}'];
    all[at] = `${(all[at] ?? '').replace(/:.*$/, '')}: ${open.repeat(depth)}${to % 3 === 0 ? '' : close.repeat(depth)}`;
  }),
  nest: lines((all, at, { to }) => {
    const depth = (DEEP[to % DEEP.length] ?? 1) / 4;
    all.splice(at, 0, ...Array.from({ length: depth }, (_, level) => `${' '.repeat(level)}a:`));
  }),
  insert: (text: string, at: number, { value }: Mutation) => {
    const place = at % (text.length + 1);
    return `${text.slice(0, place)}${value}${text.slice(place)}`;
  },
  cut: (text: string, at: number, { to }: Mutation) => {
    const place = at % (text.length + 1);
    return `${text.slice(0, place)}${text.slice(place + (to % 40))}`;
  },
  truncate: (text: string, at: number) => text.slice(0, at % (text.length + 1)),
  repeat: (text: string, at: number, { to }: Mutation) => {
    const place = at % (text.length + 1);
    const part = text.slice(place, place + (to % 200));
    return `${text.slice(0, place)}${part.repeat(1 + (to % 20))}${text.slice(place)}`;
  },
  crlf: (text: string) => text.replaceAll('\n', '\r\n'),
} satisfies Record<string, Change>;

export function mutations(): fc.Arbitrary<Mutation[]> {
  const one: fc.Arbitrary<Mutation> = fc.record({
    kind: fc.constantFrom(...(Object.keys(KINDS) as Mutation['kind'][])),
    at: fc.nat(100_000),
    to: fc.nat(10_000),
    value: fc.oneof(fc.constantFrom(...VALUES), fc.string({ maxLength: 12, unit: 'binary' })),
  });
  return fc.array(one, { minLength: 1, maxLength: 6 });
}

export function mutate(text: string, all: readonly Mutation[]): string {
  return all.reduce((now, mutation) => KINDS[mutation.kind](now, mutation.at, mutation), text);
}
