// Records that are due and that this version cannot run: their method is gone, or their arguments have another schema.
// What must hold: they wait while an instance of another version lives, which may know them; only when every living
// instance has this version are they ended as DEAD, with what does not fit.
import { ROLLBACK } from '../db/database.js';
import { affected, rows, type SqlValue, type Step } from '../db/step.js';
import { DalJobError } from '../errors.js';
import { type Instance, leaseHolds } from '../lock/instance.js';
import type { CallEvent, CallKind } from '../service-types.js';
import { errorText } from './error-text.js';
import { hasDue, type Method, nameOf } from './methods.js';
import { tableOf } from './record.js';

export type EndedStranger = CallEvent & { readonly error: DalJobError };

interface Row {
  readonly id: string;
  readonly service: string;
  readonly method: string;
  readonly args: string;
  readonly args_hash: string;
  readonly attempt: number;
}

const AT_ONCE = 100;

/** Ends them, if nobody living may know them, and none of ours is due: the search would lock its way through those. @throws DatabaseError */
export async function endStrangers(instance: Instance, methods: readonly Method[]): Promise<readonly EndedStranger[]> {
  if ((await anotherVersionLives(instance)) || (await hasDue(instance, methods))) return [];
  const ended: EndedStranger[] = [];
  for (const kind of ['beforehand', 'afterward'] as const) {
    for (let count = AT_ONCE; count === AT_ONCE; ) {
      const some = await instance.database.transaction(() => endStep(instance, kind, methods));
      if (some === ROLLBACK) break;
      ended.push(...some);
      count = some.length;
    }
  }
  return ended;
}

async function anotherVersionLives(instance: Instance): Promise<boolean> {
  const sql = `SELECT ${otherVersion(instance)} AS lives`;
  const [row] = await instance.database.query<{ lives: 0 | 1 }>(sql, [instance.app, instance.configHash]);
  return row?.lives === 1;
}

function otherVersion({ database }: Instance): string {
  return `EXISTS (SELECT 1 FROM ${database.tables.job_instance} v WHERE v.app = ? AND v.state = 'ALIVE' AND v.config_hash <> ?)`;
}

function* endStep(
  instance: Instance,
  kind: CallKind,
  methods: readonly Method[],
): Step<readonly EndedStranger[] | typeof ROLLBACK> {
  const found = yield* lockStrangers(instance, kind, methods);
  const ended = found.map(({ args, args_hash, ...call }): EndedStranger => {
    const method = methods.find((one) => nameOf(one) === nameOf(call) && one.kind === kind);
    return { kind, ...call, error: misfit({ ...call, kind, args, argsHash: args_hash }, method) };
  });
  for (const { id, error } of ended) if ((yield* endOne(instance, kind, { id, error })) === 0) return ROLLBACK;
  return ended;
}

function* lockStrangers({ app, database }: Instance, kind: CallKind, methods: readonly Method[]): Step<readonly Row[]> {
  const { dialect } = database;
  const table = tableOf(database, kind);
  const own = methods.filter((method) => method.kind === kind);
  const known = own.map(
    ({ argsHash }) => `(service = ? AND method = ?${argsHash === null ? '' : ' AND args_hash = ?'})`,
  );
  const values = own.flatMap(({ service, method, argsHash }): SqlValue[] =>
    argsHash === null ? [service, method] : [service, method, argsHash],
  );
  return yield* rows<Row>(
    `SELECT id, service, method, args, args_hash, attempt FROM ${table} ${dialect.byIndex(`${table}_due`)}
     WHERE app = ? AND state = 'RETRY' AND next_at <= ${dialect.now} ${own.length === 0 ? '' : `AND NOT (${known.join(' OR ')})`}
     ORDER BY next_at, id LIMIT ${AT_ONCE} ${dialect.forUpdateSkipLocked}`,
    [app, ...values],
  );
}

function* endOne(instance: Instance, kind: CallKind, { id, error }: Pick<EndedStranger, 'id' | 'error'>): Step<number> {
  const { database, app, configHash } = instance;
  const { name, message } = errorText(error);
  const free = kind === 'afterward' ? ', live_key = NULL' : '';
  return yield* affected(
    `UPDATE ${tableOf(database, kind)} ${database.dialect.byPrimaryKey} SET state = 'DEAD', next_at = NULL, finished_at = ${database.dialect.now}${free},
       error_name = ?, error_message = ?
     WHERE id = ? AND state = 'RETRY' AND NOT ${otherVersion(instance)} AND ${leaseHolds(instance)}`,
    [name, message, id, app, configHash, instance.id],
  );
}

interface Misfit {
  readonly kind: CallKind;
  readonly service: string;
  readonly method: string;
  readonly args: string;
  readonly argsHash: string;
}

function misfit(record: Misfit, method: Method | undefined): DalJobError {
  const name = nameOf(record);
  const fields = { method: name, argsHash: record.argsHash };
  if (method === undefined) {
    const message = `${name} is no method with ${record.kind} retry in any living instance: requeue the record when one that has it runs.`;
    return new DalJobError('DJ6020', message, { fields });
  }
  const { argsHash: today } = method.entry;
  const message =
    `The arguments of ${name} were recorded by the schema ${record.argsHash.slice(0, 12)}, today's is ${today.slice(0, 12)}` +
    `${difference(record.args, method)}: set retry.upcast and turn them into today's, then requeue the record.`;
  return new DalJobError('DJ6021', message, { fields: { ...fields, today } });
}

/** The first path that today's schema refuses. Secrets are stored encrypted, so of those nothing can be said. */
function difference(args: string, { entry }: Method): string {
  if (entry.secrets.length > 0) return '';
  try {
    if (entry.validate(JSON.parse(args))) return ' (these arguments would fit it)';
    const [first] = entry.validate.errors ?? [];
    return first === undefined ? '' : ` (${first.instancePath || '/'} ${first.message ?? 'does not fit'})`;
  } catch {
    return ' (they are not JSON)';
  }
}
