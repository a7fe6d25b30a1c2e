// One statement of ours inside a transaction of the application's, through the application's own Sequelize.
import type { Sequelize, Transaction } from 'sequelize';

/** Rows changed. Placeholders must not follow `<` directly: Sequelize 6 would leave them in the text. */
export async function executeWithin(
  sequelize: Sequelize,
  transaction: Transaction,
  { sql, values }: { readonly sql: string; readonly values: readonly (string | number)[] },
): Promise<number> {
  const owner = (transaction as Transaction & { sequelize?: Sequelize }).sequelize ?? sequelize;
  const [, changed] = await owner.query(sql, { replacements: [...values], transaction, type: 'UPDATE' as never });
  return Number(changed);
}
