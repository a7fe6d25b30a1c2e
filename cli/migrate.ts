// `dal-job migrate`: makes dal-job's tables, as every start does; with --sql prints what it would run on an empty database,
// for somebody else to run. --sql connects to nothing.
import { type Command, Option } from 'commander';
import type { DialectName } from '../runtime/db/dialect.js';
import { checkTables, migrate as migrateTables, migrationSql } from '../runtime/db/migrate.js';
import { describeUrl } from '../runtime/db/url.js';
import type { CommandModule, ExitCode } from './command.js';
import { EXIT_CODES } from './failure.js';
import { print } from './output.js';
import { databaseUrl, openProject, type Project } from './project.js';
import { open } from './session.js';

const DIALECTS: readonly DialectName[] = ['mysql', 'mariadb', 'sqlite'];

export const migrate: CommandModule = {
  configure(command: Command): void {
    command
      .option('--sql', 'print the SQL and run nothing')
      .addOption(new Option('--dialect <name>', 'with --sql: for which database').choices(DIALECTS))
      .addHelpText('after', EXIT_CODES);
  },

  async run(options): Promise<ExitCode> {
    const project = await openProject(options);
    if (options.sql === true || options.dialect !== undefined) {
      const dialect = (options.dialect as DialectName | undefined) ?? dialectOfUrl(databaseUrl(project));
      print(migrationSql(dialect, project.registry.database.tablePrefix).trimEnd());
      return 0;
    }
    await migrateAll(project);
    return 0;
  },
};

async function migrateAll(project: Project): Promise<void> {
  const database = await open(project);
  try {
    const ran = await migrateTables(database);
    await checkTables(database);
    const where = describeUrl(databaseUrl(project));
    print(ran.length === 0 ? `${where}: the tables are up to date` : `${where}: ran ${ran.join(', ')}`);
  } finally {
    await database.close();
  }
}

function dialectOfUrl(url: string): DialectName {
  return DIALECTS.find((name) => url.startsWith(`${name}:`)) ?? 'mysql';
}
