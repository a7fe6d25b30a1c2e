// A Database whose next transaction or write meets a chosen fate, with the real rows behind it. What the fault proxy does to
// packets is done here to whole steps, so that a test can say "the COMMIT was applied, its reply was not".
import type { Database } from '../../runtime/db/database.js';
import { DatabaseError } from '../../runtime/db/errors.js';

/**
 * - `lost reply`: done, and nobody says so
 * - `lost request`: not done, and nobody says so
 * - `late`: not done before `applyLate()`, and nobody says so
 * - `refused`: not done, and the server says so
 * - `fine`: done
 */
export type Fate = 'lost reply' | 'lost request' | 'late' | 'refused' | 'fine';

export interface LossyDatabase extends Database {
  /** Fates of the next transactions and writes, in order; when there are none left, all goes well. */
  readonly fates: Fate[];
  /** Fails the next reads. */
  failReads: number;
  /** What was sent `late` arrives. */
  applyLate(): Promise<void>;
  /** What happens between a reply that is lost and the news of it. */
  afterLost: () => Promise<void>;
}

export function lossy(real: Database): LossyDatabase {
  const fates: Fate[] = [];
  const late: (() => Promise<unknown>)[] = [];
  const meet = async <T>(work: () => Promise<T>): Promise<T> => {
    const fate = fates.shift();
    if (fate === undefined || fate === 'fine') return work();
    if (fate === 'refused') throw failure(false);
    if (fate === 'lost reply') {
      await work();
      await way.afterLost();
    }
    if (fate === 'late') late.push(work);
    throw failure(true);
  };
  const way: LossyDatabase = {
    fates,
    failReads: 0,
    dialect: real.dialect,
    tables: real.tables,
    get sequelize() {
      return real.sequelize;
    },
    async query(sql, values) {
      if (this.failReads === 0) return real.query(sql, values);
      this.failReads -= 1;
      throw failure(false);
    },
    execute: (sql, values) => meet(() => real.execute(sql, values)),
    transaction: (step) => meet(() => real.transaction(step)),
    close: () => real.close(),
    async applyLate() {
      for (const work of late.splice(0)) await work();
    },
    afterLost: async () => {},
  };
  return way;
}

function failure(commitUnknown: boolean): DatabaseError {
  return new DatabaseError('reconnect', 'the connection was lost', { cause: new Error('lost'), commitUnknown });
}
