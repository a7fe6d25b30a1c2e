// Claims: what the schema cannot see of them. Every name is a column that is declared, every constant fits its column, the three
// keys of giving up agree, and a row that is settled no longer waits: one that still fitted `where` would be taken again at
// once, for ever. What the real table is like is the runtime's question, at start.
import { columnSort, constantFits } from '../column-kind.js';
import type { Claim, Condition, TypeSchema } from '../config.gen.js';
import type { Schema } from '../model.js';
import type { Path } from '../parse.js';
import { suggest } from '../suggest.js';
import { checkClaimTables } from './claim-tables.js';
import { type CheckContext, jobsOf } from './context.js';
import { settlesRow } from './settles.js';

export interface ClaimAt {
  readonly job: string;
  readonly claim: Claim;
  readonly path: Path;
}

const CLAIM_KEY = 'claim_key';
/** Each is one search of the index. */
const MOST_COMBINATIONS = 64;

export function checkClaims(context: CheckContext): void {
  for (const { name, job, path } of jobsOf(context.config)) {
    if (job.claim === undefined) continue;
    const at: ClaimAt = { job: name, claim: job.claim, path: [...path, 'claim'] };
    if (job.globalSingle !== false) refuseOneInstance(context, at);
    if (job.input !== undefined) refuseInput(context, name, [...path, 'input']);
    checkColumns(context, at);
    checkConstants(context, at);
    checkAttempts(context, at);
    checkSettled(context, at);
    checkCombinations(context, at);
  }
  checkClaimTables(context);
}

function refuseOneInstance({ yaml, report }: CheckContext, { job, path }: ClaimAt): void {
  const message = `job "${job}" has a claim, but runs on one instance at a time`;
  const hint = 'add globalSingle: false';
  report.add({ code: 'DJ1090', span: yaml.locate(path, 'key'), message, hint });
}

function refuseInput({ yaml, report }: CheckContext, job: string, path: Path): void {
  const message = `job "${job}" has a claim: its handler gets rows, and no input`;
  report.add({ code: 'DJ1090', span: yaml.locate(path, 'key'), message, hint: 'remove one of the two' });
}

/** Every place that names a column, with the name. */
function namesOf({ claim, path }: ClaimAt): { name: string; path: Path; at: 'key' | 'value' }[] {
  const listed = (key: 'key' | 'orderBy') => {
    const names = claim[key] ?? [];
    if (typeof names === 'string') return [{ name: names, path: [...path, key], at: 'value' as const }];
    return names.map((name, index) => ({ name, path: [...path, key, index], at: 'value' as const }));
  };
  const keys = (key: 'where' | 'done' | 'failed') =>
    Object.keys(claim[key] ?? {}).map((name) => ({ name, path: [...path, key, name], at: 'key' as const }));
  const counter =
    claim.attemptsColumn === undefined
      ? []
      : [{ name: claim.attemptsColumn, path: [...path, 'attemptsColumn'], at: 'value' as const }];
  return [...listed('key'), ...keys('where'), ...listed('orderBy'), ...keys('done'), ...keys('failed'), ...counter];
}

function checkColumns({ yaml, report }: CheckContext, at: ClaimAt): void {
  const declared = Object.keys(at.claim.columns ?? {});
  for (const { name, path, at: part } of namesOf(at)) {
    if (declared.includes(name) || name === CLAIM_KEY) continue;
    const near = suggest(name, declared);
    const hint = near === undefined ? 'declare it under columns' : `did you mean "${near}"?`;
    const message = `"${name}" is no column of the claim of job "${at.job}"`;
    report.add({ code: 'DJ1091', span: yaml.locate(path, part), message, hint });
  }
  const own = [
    ...namesOf(at),
    ...declared.map((name) => ({ name, path: [...at.path, 'columns', name], at: 'key' as const })),
  ];
  for (const { path, at: part } of own.filter(({ name }) => name.toLowerCase() === CLAIM_KEY)) {
    const message = `${CLAIM_KEY} is the runtime's own column, and the handler never sees it`;
    report.add({ code: 'DJ1092', span: yaml.locate(path, part), message, hint: 'remove it' });
  }
  const keyColumns = [at.claim.key ?? []].flat();
  for (const { name, path } of namesOf(at).filter(({ path: where }) =>
    ['done', 'failed'].includes(String(where.at(-2))),
  )) {
    if (!keyColumns.includes(name)) continue;
    const message = `"${name}" is of the primary key, which no claim changes`;
    report.add({ code: 'DJ1092', span: yaml.locate(path, 'key'), message, hint: 'remove it' });
  }
}

function checkConstants(context: CheckContext, { job, claim, path }: ClaimAt): void {
  const refuse = (where: Path, message: string) =>
    context.report.add({ code: 'DJ1093', span: context.yaml.locate(where, 'value'), message });
  const sortOf = (name: string) => sortOfColumn(context, claim, name);
  for (const [name, condition] of Object.entries(claim.where ?? {})) {
    const sort = sortOf(name);
    if (sort === undefined) continue;
    const where = [...path, 'where', name];
    if (isBefore(condition)) {
      if (sort.kind !== 'date-time')
        refuse(where, `before needs a date-time column, and "${name}" of job "${job}" is ${sort.kind}`);
      continue;
    }
    for (const value of valuesOf(condition))
      if (!constantFits(value, sort)) refuse(where, misfit(job, name, value, sort));
  }
  for (const group of ['done', 'failed'] as const) {
    for (const [name, value] of Object.entries(claim[group] ?? {})) {
      const sort = sortOf(name);
      if (sort !== undefined && !constantFits(value, sort))
        refuse([...path, group, name], misfit(job, name, value, sort));
    }
  }
}

function misfit(job: string, name: string, value: unknown, { kind }: { kind: string }): string {
  const what = kind === 'date-time' ? 'a time, for which null and before are the only words' : kind;
  if (value === null) return `null does not fit the column "${name}" of job "${job}": its type has no null`;
  return `${JSON.stringify(value)} does not fit the column "${name}" of job "${job}": it is ${what}`;
}

export function sortOfColumn({ config }: CheckContext, claim: Claim, name: string) {
  const schema: TypeSchema | undefined = Object.hasOwn(claim.columns ?? {}, name) ? claim.columns[name] : undefined;
  if (schema === undefined) return undefined;
  return columnSort(schema as Schema, (type) => config.types?.[type] as Schema | undefined);
}

export function isBefore(condition: Condition): condition is { before: string } {
  return typeof condition === 'object' && condition !== null && condition.before !== undefined;
}

function valuesOf(condition: Condition): readonly unknown[] {
  if (typeof condition !== 'object' || condition === null) return [condition];
  return condition.in ?? [];
}

function checkAttempts(context: CheckContext, { job, claim, path }: ClaimAt): void {
  const refuse = (key: 'maxAttempts' | 'attemptsColumn', message: string, hint: string) =>
    context.report.add({ code: 'DJ1094', span: context.yaml.locate([...path, key], 'key'), message, hint });
  const { maxAttempts, attemptsColumn, failed } = claim;
  if (maxAttempts !== undefined && attemptsColumn === undefined)
    refuse(
      'maxAttempts',
      `maxAttempts of job "${job}" has nothing to count in`,
      'add attemptsColumn: an integer column',
    );
  if (maxAttempts !== undefined && failed === undefined)
    refuse(
      'maxAttempts',
      `maxAttempts of job "${job}" does not say what becomes of the row`,
      'add failed: the columns to set',
    );
  if (attemptsColumn === undefined) return;
  const sort = sortOfColumn(context, claim, attemptsColumn);
  if (sort !== undefined && sort.kind !== 'integer')
    refuse(
      'attemptsColumn',
      `"${attemptsColumn}" of job "${job}" cannot count: it is ${sort.kind}`,
      'it must be an integer column',
    );
  const elsewhere = [
    claim.key,
    Object.keys(claim.where ?? {}),
    Object.keys(claim.done ?? {}),
    Object.keys(failed ?? {}),
  ].flat();
  if (elsewhere.includes(attemptsColumn))
    refuse(
      'attemptsColumn',
      `"${attemptsColumn}" of job "${job}" is counted by every claim`,
      'take another column, or take it from key, where, done and failed',
    );
}

function checkSettled({ yaml, report }: CheckContext, { job, claim, path }: ClaimAt): void {
  for (const group of ['done', 'failed'] as const) {
    const set = claim[group];
    if (set === undefined || claim.where === undefined || settlesRow(claim.where, set)) continue;
    const message = `${group} of job "${job}" leaves a row such that it still fits where, so that it would be taken again for ever`;
    const hint =
      'set a column that where asks for to another value; letters that differ only in case or accents may be equal';
    report.add({ code: 'DJ1095', span: yaml.locate([...path, group], 'key'), message, hint });
  }
}

function checkCombinations({ yaml, report }: CheckContext, { job, claim, path }: ClaimAt): void {
  const counts = Object.values(claim.where ?? {}).map((condition) => Math.max(1, valuesOf(condition).length));
  const product = counts.reduce((all, count) => all * count, 1);
  if (product <= MOST_COMBINATIONS) return;
  const message = `where of job "${job}" lists ${product} combinations of values, and may list ${MOST_COMBINATIONS}`;
  const hint = 'each is a search of its own; keep in one column what makes a row wait';
  report.add({ code: 'DJ1007', span: yaml.locate([...path, 'where'], 'key'), message, hint });
}
