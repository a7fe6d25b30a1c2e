// Tables that claims name: not the runtime's own, and of one meaning where several jobs claim rows of the same, since they share
// one Sequelize model and one sweep.
import { TABLES } from '../../runtime/db/tables.js';
import { canonicalJson } from '../canonical.js';
import type { Path } from '../parse.js';
import type { ClaimAt } from './claims.js';
import { type CheckContext, jobsOf } from './context.js';

export function checkClaimTables(context: CheckContext): void {
  const prefix = context.config.database?.tablePrefix ?? '';
  const own = new Set([...TABLES.map(({ name }) => `${prefix}${name}`), `${prefix}job_migration`]);
  const first = new Map<string, ClaimAt>();
  for (const { name, job, path } of jobsOf(context.config)) {
    if (job.claim?.table === undefined) continue;
    const at: ClaimAt = { job: name, claim: job.claim, path: [...path, 'claim'] };
    const { table } = job.claim;
    if (own.has(table.toLowerCase()))
      refuse(context, [...at.path, 'table'], `the table "${table}" is the runtime's own`);
    const other = first.get(table);
    if (other === undefined) first.set(table, at);
    else compare(context, other, at);
  }
}

function compare(context: CheckContext, one: ClaimAt, other: ClaimAt): void {
  const { table } = one.claim;
  const told = `than in the claim of job "${one.job}"`;
  if (canonicalJson([one.claim.key].flat()) !== canonicalJson([other.claim.key].flat()))
    refuse(context, [...other.path, 'key'], `the key of the table "${table}" is another ${told}`);
  for (const [column, schema] of Object.entries(other.claim.columns ?? {})) {
    const known = one.claim.columns?.[column];
    if (known === undefined || canonicalJson(known) === canonicalJson(schema)) continue;
    refuse(
      context,
      [...other.path, 'columns', column],
      `the column "${column}" of the table "${table}" is another ${told}`,
    );
  }
}

function refuse({ yaml, report }: CheckContext, path: Path, message: string): void {
  report.add({ code: 'DJ1096', span: yaml.locate(path, 'value'), message });
}
