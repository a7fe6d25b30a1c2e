// The parts of docs/protocol.md that are made: the tables, and the SQL of each step as the code sends it to MySQL.
import { TABLES, type Table } from '../../runtime/db/tables.js';
import { selectRow } from '../../runtime/lock/row.js';
import { createRecorder, type Sent } from './recorder.js';
import { instanceOn } from './scenery.js';
import { sessionSettings } from './session.js';
import { flat, layOut } from './sql-text.js';
import { type Block, protocolBlocks } from './steps.js';

/** Stands for the dialect's clock expression in the printed SQL. */
export const NOW = 'now_ms()';
/** Stands for the columns of job_info that a step reads under its lock. */
const ROW = 'SELECT <row>';

const TITLES: Readonly<Record<Table['name'], string>> = {
  job_instance: 'a row for each process that runs the runtime',
  job_info: 'a row for each job; the row lock is this row',
  job_log: 'a row for each attempt and each decision',
  job_beforehand_retry: 'calls of services that are recorded before they are made',
  job_retry: 'calls of services that failed and are to be made again',
};

/** Text by the name of its place in docs/protocol.md. */
export async function protocolParts(): Promise<ReadonlyMap<string, string>> {
  const { database } = createRecorder('mysql', () => undefined, NOW);
  const row = flat(selectRow(instanceOn(database)));
  const abbreviations = [[ROW, row.replace(/ FROM job_info j$/, '')]] as const;
  const blocks = await protocolBlocks('mysql', NOW);
  return new Map([
    ['tables', TABLES.map(tableText).join('\n\n')],
    ['row', fence(layOut(row))],
    ['now', fence(clocks())],
    ['session', fence((await sessionSettings()).map((sql) => `${layOut(sql)};`).join('\n'))],
    ...blocks.map(
      ({ name, sent }: Block) => [name, fence(sent.map((one) => statement(one, abbreviations)).join('\n'))] as const,
    ),
    ['time-limit', timeLimit(blocks)],
  ]);
}

function statement(sent: Sent, abbreviations: readonly (readonly [string, string])[]): string {
  return typeof sent === 'string' ? `${sent};` : `${layOut(sent.sql, abbreviations)};`;
}

function fence(sql: string): string {
  return `\`\`\`sql\n${sql}\n\`\`\``;
}

function clocks(): string {
  const expression = (name: 'mysql' | 'sqlite') => createRecorder(name, () => undefined).database.dialect.now;
  return `-- MySQL, MariaDB\n${expression('mysql')}\n-- SQLite\n${expression('sqlite')}`;
}

/** The condition of each kind of acquire, cut out of its UPDATE. */
function timeLimit(blocks: readonly Block[]): string {
  const kinds = { rerun: 'acquire-rerun', manual: 'acquire-manual', queued: 'acquire-queued', scheduled: 'acquire' };
  const lines = Object.entries(kinds).map(([kind, name]) => {
    const sent = blocks.find((block) => block.name === name)?.sent ?? [];
    const update = sent.map((one) => (typeof one === 'string' ? '' : flat(one.sql))).find((sql) => /^UPDATE/.test(sql));
    const [, condition] = /status = 'IDLE' AND (.*?) AND EXISTS/.exec(update ?? '') ?? [];
    if (condition === undefined) throw new Error(`the UPDATE of ${name} has another form than the docs know`);
    return `| ${kind} | \`${condition}\` |`;
  });
  return ['| kind | condition in the `UPDATE` |', '|---|---|', ...lines].join('\n');
}

function tableText({ name, primaryKey, columns, indexes }: Table): string {
  const rows = columns.map((column) => `| \`${column.name}\` | ${typeOf(column)} | ${column.comment} |`);
  const keys = indexes.map(({ columns: of, unique }) => `${unique ? 'unique ' : ''}(${of.join(', ')})`);
  return [
    `### ${name}`,
    '',
    `${TITLES[name]}. Primary key (${primaryKey.join(', ')}); indexes ${keys.join(', ')}.`,
    '',
    '| column | type | what it holds |',
    '|---|---|---|',
    ...rows,
  ].join('\n');
}

function typeOf({ type, nullable, time }: Table['columns'][number]): string {
  const length = 'length' in type ? `(${type.length})` : '';
  return `${time ? 'time' : type.kind}${length}${nullable ? ', NULL' : ''}`;
}
