// Arbitrary jobs.yaml that are right: jobs, their claims, services, types and errors with every policy the checks allow, and with names and
// descriptions that are hard on generated code. What is made here must be accepted: a refusal is a mistake in here or in the checks.
import fc from 'fast-check';
import { type NameKind, reservedBecause } from '../../generator/names.js';
import { anyClaim } from './any-claim.js';
import { anySchema, type SchemaNames } from './any-schema.js';

type Json = Record<string, unknown>;

const NAMES = [
  ...[
    'a',
    'b2',
    'close',
    'closeUnpaidOrders',
    'charge',
    'notify',
    'payment',
    'of',
    'async',
    'get',
    'set',
    'name',
    'length',
    'type',
  ],
  ...[
    'input',
    'rows',
    'signal',
    'services',
    'log',
    'app',
    'models',
    'index',
    'registry',
    'types',
    'main',
    'call',
    'apply',
    'bind',
  ],
  ...[
    'args',
    'method',
    'key',
    'module',
    'require',
    'exports',
    'global',
    'process',
    'next',
    'value',
    'done',
    'error',
    'x',
    'undefinedX',
  ],
  ...[
    'validators',
    'contracts',
    'fireTime',
    'attempt',
    'retry',
    'created',
    'keyof',
    'declare',
    'abstract',
    'any',
    'never',
    'string',
  ],
] as const;
const TYPES = [
  'Order',
  'Item',
  'T',
  'Card',
  'JobX',
  'A',
  'Id',
  'Row',
  'Context',
  'Callback',
  'Options',
  'Key',
  'Value',
  'Window',
] as const;
const ERRORS = ['GatewayTimeout', 'Busy', 'Odd'] as const;
const CRONS = [
  '* * * * *',
  '*/10 * * * * *',
  '0 0/1 * * * ?',
  '0 0 9 ? * MON-FRI',
  '@daily',
  '0 3 1 * *',
  '0 0 3 L * ?',
] as const;
const DESCRIPTIONS = fc.oneof(
  fc.constantFrom('Close it.', 'a */ b', '`x` ${y}', "it's", 'line\nline', '名前 😀', '// no', '\\', '@deprecated', ''),
  fc.string({ maxLength: 20 }),
);

/** What a map of named things may be called: no two that differ only in case, none reserved. */
function names(kind: NameKind, pool: readonly string[], most: number): fc.Arbitrary<string[]> {
  const free = pool.filter((name) => reservedBecause(name, kind) === null);
  return fc.uniqueArray(fc.constantFrom(...free), { maxLength: most });
}

function mapOf<T>(
  keys: fc.Arbitrary<string[]>,
  value: (key: string) => fc.Arbitrary<T>,
): fc.Arbitrary<Record<string, T>> {
  return keys.chain((all) => fc.record(Object.fromEntries(all.map((key) => [key, value(key)]))));
}

/** Some of the keys; never one that is undefined. */
function some(keys: Record<string, fc.Arbitrary<unknown>>, requiredKeys: string[] = []): fc.Arbitrary<Json> {
  return fc.record(keys, { requiredKeys }) as fc.Arbitrary<Json>;
}

const duration = fc.constantFrom('500ms', '5s', '30s', '10m', '1h', '1d');
const backoff = some({
  type: fc.constantFrom('exponential', 'fixed'),
  delay: fc.constantFrom('500ms', '5s', '30s'),
  max: fc.constantFrom('10m', '1h'),
  jitter: fc.constantFrom(0, 0.2, 1),
});

function retryKeys(errors: readonly string[]): Record<string, fc.Arbitrary<unknown>> {
  const known = ['Error', 'BizRetryNeedError', ...errors];
  return {
    for: fc.uniqueArray(fc.constantFrom(...known), { minLength: 1, maxLength: 3 }),
    maxRetries: fc.integer({ min: 0, max: 20 }),
    backoff,
  };
}

/** The types, and what refers to them. */
export function anyConfig(): fc.Arbitrary<Json> {
  const names_ = fc.record({
    types: names('type', TYPES, 4),
    errors: fc.uniqueArray(fc.constantFrom(...ERRORS)),
  });
  return names_.chain(({ types, errors }) => {
    const known: SchemaNames = { types };
    const parts = {
      version: fc.constant(1),
      app: fc.constantFrom('shop', 'a-b', 'x'),
      timezone: fc.constantFrom('UTC', 'Asia/Shanghai', 'Europe/Berlin'),
      jobs: mapOf(names('job', NAMES, 5), (name) => anyJob(name, known, errors)),
      services: mapOf(names('service', NAMES, 3), () => anyService(known, errors)),
      types: anyTypes(types),
      errors: fc.constant(Object.fromEntries(errors.map((name) => [name, './handlers/errors.ts']))),
    };
    return some(parts, ['version', 'app', 'types', 'errors']);
  });
}

/** A type may stand for those before it, and hold any. */
function anyTypes(types: readonly string[]): fc.Arbitrary<Json> {
  const each = types.map((name, index) => [name, anySchema({ types, aliases: types.slice(0, index) })] as const);
  return fc.record(Object.fromEntries(each)) as fc.Arbitrary<Json>;
}

function anyJob(name: string, known: SchemaNames, errors: readonly string[]): fc.Arbitrary<Json> {
  const common = {
    desc: DESCRIPTIONS,
    timeout: duration,
    retry: some(retryKeys(errors)),
    input: anySchema(known),
  };
  const timed = {
    ...common,
    cron: fc.constantFrom(...CRONS),
    timezone: fc.constantFrom('Asia/Tokyo', 'America/New_York'),
    dst: some({ gap: fc.constantFrom('next', 'skip'), overlap: fc.constantFrom('first', 'both') }),
  };
  const single = { misfire: fc.constantFrom('latest', 'skip'), overlap: fc.constantFrom('skip', 'queue') };
  return fc.oneof(
    some(common),
    some({ ...timed, ...single, onLost: fc.constantFrom('skip', 'rerun') }, ['cron']),
    some({ ...timed, misfire: fc.constant('all'), misfireLimit: fc.integer({ min: 1, max: 10_000 }) }, [
      'cron',
      'misfire',
    ]),
    some({ ...timed, globalSingle: fc.constant(false) }, ['cron', 'globalSingle']),
    some(
      {
        desc: DESCRIPTIONS,
        timeout: duration,
        cron: timed.cron,
        globalSingle: fc.constant(false),
        claim: anyClaim(name),
      },
      ['cron', 'globalSingle', 'claim'],
    ),
  );
}

function anyService(known: SchemaNames, errors: readonly string[]): fc.Arbitrary<Json> {
  const methods = mapOf(
    names('method', NAMES, 4).filter((all) => all.length > 0),
    () => anyMethod(known, errors),
  );
  return some({ desc: DESCRIPTIONS, methods }, ['methods']);
}

function anyMethod(known: SchemaNames, errors: readonly string[]): fc.Arbitrary<Json> {
  return names('parameter', NAMES, 4).chain((all) =>
    fc.record({ keyed: fc.boolean(), optional: fc.nat(all.length) }).chain(({ keyed, optional }) => {
      const [first] = all;
      const isKeyed = keyed && first !== undefined && optional < all.length;
      const schemaOf = (index: number) => (isKeyed && index === 0 ? fc.constant({ type: 'string' }) : anySchema(known));
      const entries = all.map((name, index) => {
        const schema = schemaOf(index);
        return [
          name,
          index < all.length - optional ? schema : schema.map((one) => ({ ...one, optional: true })),
        ] as const;
      });
      const params = fc.record(Object.fromEntries(entries));
      return some(
        { desc: DESCRIPTIONS, params, result: anySchema(known), retry: anyRetry(errors, isKeyed ? first : undefined) },
        ['params'],
      );
    }),
  );
}

function anyRetry(errors: readonly string[], key: string | undefined): fc.Arbitrary<Json> {
  const both = {
    ...retryKeys(errors),
    upcast: fc.boolean(),
    concurrency: fc.integer({ min: 1, max: 100 }),
    keep: some({ succeeded: fc.constantFrom('1d', 'forever'), dead: fc.constantFrom('90d', 'forever') }),
  };
  const afterward = key === undefined ? both : { ...both, key: fc.constant(key) };
  return fc.oneof(
    some({ ...both, mode: fc.constant('beforehand'), onCrash: fc.constantFrom('hold', 'retry') }, ['mode']),
    some({ ...afterward, mode: fc.constant('afterward') }, ['mode']),
  );
}
