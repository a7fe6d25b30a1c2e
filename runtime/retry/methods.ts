// The methods whose records this instance can run, and which of them have records that are due.
// What must hold: a record is known by service, method and the hash of its arguments' schema; a method that upcasts takes
// arguments of any schema.
import type { SqlValue } from '../db/step.js';
import type { Instance } from '../lock/instance.js';
import type { CallKind, MethodEntry } from '../service-types.js';
import type { AnyRegistry } from '../types.js';
import { backoffMs } from './backoff.js';
import { tableOf } from './record.js';

export interface Method {
  readonly kind: CallKind;
  readonly service: string;
  readonly method: string;
  /** null: arguments of any schema are accepted. */
  readonly argsHash: string | null;
  /** Records that one instance runs at once. */
  readonly concurrency: number;
  readonly entry: MethodEntry;
}

/** As many subqueries as one statement asks. */
const AT_ONCE = 50;

/** Every recorded method of the registry. */
export function methodsOf({ services }: Pick<AnyRegistry, 'services'>): readonly Method[] {
  return Object.entries(services).flatMap(([service, { methods }]) =>
    Object.entries(methods).flatMap(([method, entry]) => {
      const { retry, argsHash } = entry;
      if (retry === null) return [];
      const { mode: kind, concurrency, upcast } = retry;
      return [{ kind, service, method, argsHash: upcast ? null : argsHash, concurrency, entry }];
    }),
  );
}

export function nameOf({ service, method }: Pick<Method, 'service' | 'method'>): string {
  return `${service}.${method}`;
}

/** The wait of a record whose first call has just failed. */
export function firstBackoffMs(methods: readonly Method[], of: Pick<Method, 'service' | 'method'>): number {
  const found = methods.find(({ service, method }) => service === of.service && method === of.method);
  const retry = found?.entry.retry ?? null;
  return retry === null ? 0 : backoffMs(retry.backoff, 1, Math.random());
}

/** Those that may have a record that is due: one short look into the index for each. @throws DatabaseError */
export async function dueMethods(instance: Instance, methods: readonly Method[]): Promise<readonly Method[]> {
  return methods.length < 2 ? methods : look(instance, methods);
}

/** Is a record due that one of them can run? @throws DatabaseError */
export async function hasDue(instance: Instance, methods: readonly Method[]): Promise<boolean> {
  return (await look(instance, methods, true)).length > 0;
}

/** @param exact counts only records with arguments that the method knows: it reads past the others */
async function look(instance: Instance, methods: readonly Method[], exact = false): Promise<readonly Method[]> {
  const due: Method[] = [];
  for (let from = 0; from < methods.length; from += AT_ONCE) {
    const some = methods.slice(from, from + AT_ONCE);
    const asked = some.map((method) => ({ ...method, hash: exact ? method.argsHash : null }));
    const values = asked.flatMap(({ service, method, hash }): SqlValue[] => [
      ...[instance.app, service, method],
      ...(hash === null ? [] : [hash]),
    ]);
    const [answer] = await instance.database.query<Record<string, 0 | 1>>(looks(instance, asked), values);
    due.push(...some.filter((_, at) => answer?.[`m${at}`] === 1));
  }
  return due;
}

function looks(
  { database }: Instance,
  asked: readonly (Pick<Method, 'kind'> & { readonly hash: string | null })[],
): string {
  const one = ({ kind, hash }: (typeof asked)[number], at: number) => {
    const table = tableOf(database, kind);
    const index = database.dialect.byIndex(`${table}_method`);
    return `EXISTS (SELECT 1 FROM ${table} ${index} WHERE app = ? AND service = ? AND method = ?
      AND next_at <= ${database.dialect.now}${hash === null ? '' : ' AND args_hash = ?'}) AS m${at}`;
  };
  return `SELECT ${asked.map(one).join(', ')}`;
}
