// Finds the database servers of this machine: by DAL_JOB_TEST_MYSQLD / DAL_JOB_TEST_MARIADBD, else on the PATH and in
// the sbin folders. What a binary is, its own `--version` says: MariaDB installs a `mysqld` too.
// Never starts anything, and never looks at a server that is running already: tests own theirs.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

export const SERVER_KINDS = ['mariadb', 'mysql'] as const;
export type ServerKind = (typeof SERVER_KINDS)[number];

export interface FoundServer {
  readonly kind: ServerKind;
  readonly binary: string;
  /** As the server says it, such as 9.7.4 or 10.11.19. */
  readonly version: string;
  /** A script that passes `--no-defaults` itself; a second one would be an unknown option. */
  readonly wrapped: boolean;
}

/** Why tests of a kind cannot run, and the one command that would change it. */
export interface MissingServer {
  readonly kind: ServerKind;
  readonly reason: string;
  readonly remedy: string;
}

const VARIABLES = { mariadb: 'DAL_JOB_TEST_MARIADBD', mysql: 'DAL_JOB_TEST_MYSQLD' } as const;
const NAMES = { mariadb: ['mariadbd', 'mysqld'], mysql: ['mysqld'] } as const;
const REMEDIES = {
  mariadb: 'apt-get install mariadb-server',
  mysql: 'DAL_JOB_TEST_MYSQLD=/path/to/mysqld npm test',
} as const;

/** The first binary that is a server of this kind, or why there is none. `none` in the variable switches the kind off. */
export function findServer(kind: ServerKind): FoundServer | MissingServer {
  const variable = VARIABLES[kind];
  const named = process.env[variable];
  if (named === 'none') return missing(kind, `switched off by ${variable}=none`);
  const candidates = named ? [named] : NAMES[kind].flatMap(onPath);
  const found = candidates.map(probe).find((server) => server?.kind === kind);
  if (found !== undefined) return found;
  return missing(kind, named ? `${variable}=${named} is no ${kind} server` : `no ${NAMES[kind][0]} found`);
}

export function missing(kind: ServerKind, reason: string): MissingServer {
  return { kind, reason, remedy: REMEDIES[kind] };
}

/** Files of that name on the PATH and in the folders where servers live. */
export function onPath(name: string): string[] {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return [...folders, '/usr/local/sbin', '/usr/sbin', '/usr/libexec', '/usr/local/mysql/bin']
    .map((folder) => join(folder, name))
    .filter((file) => existsSync(file));
}

/** `mariadb-install-db` of this server: beside the binary first, then on the PATH. */
export function findInstaller(server: FoundServer): string | undefined {
  const home = dirname(dirname(realpathSync(server.binary)));
  const names = ['mariadb-install-db', 'mysql_install_db'];
  const beside = ['bin', 'scripts'].flatMap((folder) => names.map((name) => join(home, folder, name)));
  return [...beside.filter((file) => existsSync(file)), ...names.flatMap(onPath)][0];
}

function probe(binary: string): FoundServer | undefined {
  const answer = spawnSync(binary, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  const version = /Ver\s+(\d+\.\d+\.\d+)/.exec(answer.stdout ?? '')?.[1];
  if (version === undefined) return undefined;
  const kind = answer.stdout.includes('MariaDB') ? 'mariadb' : 'mysql';
  return { kind, binary, version, wrapped: isWrapper(binary) };
}

function isWrapper(binary: string): boolean {
  const head = readFileSync(binary).subarray(0, 4096).toString('latin1');
  return head.startsWith('#!') && head.includes('--no-defaults');
}
