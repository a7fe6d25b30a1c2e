// Arbitrary claims that are right: one column of key or two, every form of a condition, columns named like words of SQL and of
// TypeScript. `done` and `failed` always take a row out of `where`, as the checks demand.
import fc from 'fast-check';

type Json = Record<string, unknown>;

const KEYS: Readonly<Record<string, Json>> = { id: { type: 'integer' }, select: { type: 'string' } };
const ALWAYS: Readonly<Record<string, Json>> = {
  status: { type: 'string' },
  created_at: { type: 'string', format: 'date-time' },
  attempts: { type: 'integer' },
};
const FREE: Readonly<Record<string, Json>> = {
  order: { type: 'number' },
  group: { type: 'boolean' },
  class: { type: ['string', 'null'] },
  kind: { enum: ['a', 'b'] },
  Constructor: { type: 'string', maxLength: 10 },
};
const WAITING = fc.constantFrom<unknown>('PAID', { in: ['PAID', 'PACKED'] });

/** The claim of a job; each job has a table of its own. */
export function anyClaim(job: string): fc.Arbitrary<Json> {
  return fc
    .record({
      key: fc.constantFrom<string | string[]>('id', ['id'], ['select', 'id']),
      status: WAITING,
      old: fc.boolean(),
      free: fc.subarray(Object.keys(FREE)),
      limited: fc.boolean(),
      rest: restOf(),
    })
    .map(({ key, status, old, free, limited, rest }) => ({
      table: `${job}_rows`,
      key,
      where: { status, ...(old ? { created_at: { before: '30m' } } : {}) },
      columns: { ...KEYS, ...ALWAYS, ...Object.fromEntries(free.map((name) => [name, FREE[name]])) },
      done: { status: 'SHIPPED' },
      ...(limited ? { failed: { status: 'LOST' }, maxAttempts: 3, attemptsColumn: 'attempts' } : {}),
      ...rest,
    }));
}

function restOf(): fc.Arbitrary<Json> {
  const keys = {
    orderBy: fc.constantFrom<unknown>('created_at', ['created_at', 'id']),
    batch: fc.integer({ min: 1, max: 10_000 }),
    concurrency: fc.integer({ min: 1, max: 10 }),
    timezone: fc.constantFrom('UTC', 'Asia/Shanghai'),
  };
  return fc.record(keys, { requiredKeys: [] }) as fc.Arbitrary<Json>;
}
