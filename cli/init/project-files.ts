// What `dal-job init` finds and what it would write, as texts: nothing here touches a disk. Each function takes a file as it
// is (null: there is none) and gives it as it should be; the same text means that there is nothing to do. What must hold:
// what a person wrote stays where it is, and a second run changes nothing.

export const DATABASES = ['sqlite', 'mysql', 'mariadb'] as const;
export type DatabaseKind = (typeof DATABASES)[number];

/** Of a new jobs.yaml. */
export interface Beginning {
  readonly app: string;
  readonly database: DatabaseKind;
  /** Folders that are not the usual ones. */
  readonly folders: { readonly output: string; readonly handlers: string } | null;
}

/** The text of a new jobs.yaml: one job, explained. */
export function newJobsYaml({ app, database, folders }: Beginning): string {
  const handlers = folders?.handlers ?? 'handlers';
  const layout = folders === null ? [] : [`output: ${folders.output}`, `handlers: ${folders.handlers}`];
  const lines = [
    '# yaml-language-server: $schema=./node_modules/dal-job/jobs.schema.json',
    '# Every key is explained in your editor, and in node_modules/dal-job/docs/config.md.',
    'version: 1',
    `app: ${plainScalar(app)}`,
    ...layout,
    '',
    'database:',
    ...DATABASE_LINES[database],
    '',
    'jobs:',
    '  # An example: one instance runs it every ten seconds, however many there are. The name is also that of its',
    `  # handler, ${handlers}/jobs/sayHello.ts. Without cron a job runs when it is triggered.`,
    '  sayHello:',
    '    desc: Say hello, to see that it works',
    '    cron: "*/10 * * * * *"         # seconds first; 5 fields, Quartz and @daily will do as well',
    '    timeout: 5s                    # then its signal aborts',
  ];
  return `${lines.join('\n')}\n`;
}

/** Quoted where some YAML or other reads the word as something else than text. */
function plainScalar(name: string): string {
  return /^(true|false|yes|no|on|off|y|n|null)$/i.test(name) ? `"${name}"` : name;
}

const SERVER_LINES = (scheme: string): string[] => [
  `  # Read when an instance starts: DATABASE_URL=${scheme}://user:password@host:3306/name`,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of jobs.yaml
  '  url: "${DATABASE_URL}"',
];

const DATABASE_LINES: Readonly<Record<DatabaseKind, readonly string[]>> = {
  sqlite: [
    '  # A file on this machine. For MySQL or MariaDB: DATABASE_URL=mysql://user:password@host:3306/name',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of jobs.yaml
    '  url: "${DATABASE_URL:-sqlite:./.dal-job/jobs.sqlite}"',
  ],
  mysql: SERVER_LINES('mysql'),
  mariadb: SERVER_LINES('mariadb'),
};

/** A name for the application, from that of its package or its folder. */
export function appName(name: string): string {
  const plain = name
    .replace(/^@[^/]*\//, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[^A-Za-z]+|-+$/g, '');
  return plain.slice(0, 64) || 'app';
}

/** A text file with these lines in it; lines that are there, in whatever place, are not added again. */
export function withLines(text: string | null, lines: readonly string[]): string {
  const existing = text ?? '';
  const present = new Set(existing.split(/\r?\n/).map((line) => line.trim()));
  const missing = lines.filter((line) => !present.has(line));
  if (missing.length === 0) return existing;
  const end = existing.includes('\r\n') ? '\r\n' : '\n';
  const before = existing === '' || existing.endsWith('\n') ? existing : `${existing}${end}`;
  return `${before}${missing.map((line) => `${line}${end}`).join('')}`;
}
