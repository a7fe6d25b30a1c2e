// The house rules that a machine can check, as one function from source facts to violations: who may import whom, and
// which constructs appear nowhere. docs and tests name the rules by these sentences. A rule is changed here and in the
// design together; there is no list of exceptions but the ones written out below.
import type { Import, Source } from './sources.js';

const LONGEST_FILE_LINES = 250;
/** Files over the limit that have a reason. Empty, and meant to stay so. */
const LONG_FILES: readonly string[] = [];

/** The order of runtime/: a file may import from its own layer and from those before it. */
const LAYERS: readonly RegExp[] = [
  /^runtime\/(types|service-types|claim-types|event-types|errors|clock|config)\.ts$/,
  /^runtime\/db\//,
  /^runtime\/(schedule|lock|retry|claim)\//,
  /^runtime\/run\//,
  /^runtime\/scheduler(\.ts$|\/)/,
  /^runtime\//,
];

/** Packages that only one part of the product may load. */
const PACKAGES: readonly { readonly names: RegExp; readonly home: RegExp; readonly sentence: string }[] = [
  { names: /^(sequelize|mysql2|libsql)$/, home: /^runtime\/db\//, sentence: 'only runtime/db imports' },
  { names: /^(cron|luxon)$/, home: /^runtime\/schedule\//, sentence: 'only runtime/schedule imports' },
  { names: /^(ts-morph|json-schema-to-typescript)$/, home: /^generator\//, sentence: 'only generator imports' },
  { names: /^(ajv|ajv-formats)$/, home: /^(generator\/|runtime\/validate\.ts$)/, sentence: 'only generator imports' },
];

/** One sentence for each breach, `path: what`. Empty when the house is in order. */
export function violations(sources: readonly Source[]): string[] {
  const ofFiles = sources.flatMap((source) => {
    const breaches = [...constructs(source), ...source.imports.flatMap((found) => importBreaches(source.path, found))];
    return breaches.map((breach) => `${source.path}: ${breach}`);
  });
  return [...ofFiles, ...cycles(sources)];
}

function constructs(source: Source): string[] {
  const { path, lines } = source;
  const tooLong = lines > LONGEST_FILE_LINES && !isGenerated(path) && !LONG_FILES.includes(path);
  return [
    ...(source.exportsAll ? ['has an export *'] : []),
    ...(source.exportsDefault && !path.endsWith('.config.ts') ? ['has a default export'] : []),
    ...(source.hasEnum ? ['has an enum'] : []),
    ...(tooLong ? [`has ${lines} lines, more than ${LONGEST_FILE_LINES}`] : []),
    ...(path.startsWith('runtime/') ? source.strings.flatMap(clockInSql) : []),
  ];
}

function isGenerated(path: string): boolean {
  return path.startsWith('generated/') || path.endsWith('.gen.ts');
}

/** Only the dialect's expression reads a clock in SQL: NOW() follows the session's zone, Date.now is the instance's clock. */
function clockInSql(text: string): string[] {
  const sql = /\b(SELECT|INSERT|UPDATE|DELETE|WHERE|VALUES)\b/.test(text);
  const serverClock = /(?<![.\w])NOW\s*\(|\bCURRENT_TIMESTAMP\b|\bSYSDATE\b/;
  const found = serverClock.exec(sql ? text.toUpperCase() : text) ?? (sql ? /\b(Date|clock)\.now\b/.exec(text) : null);
  return found ? [`has ${found[0].replace(/\s*\($/, '()')} in SQL: ${text.slice(0, 60)}`] : [];
}

function importBreaches(path: string, found: Import): string[] {
  return [...packageBreaches(path, found), ...folderBreaches(path, found)];
}

function packageBreaches(path: string, { target, kind }: Import): string[] {
  if (!/^(runtime|generator|cli)\//.test(path)) return [];
  // the application's own Transaction is part of the public types
  if (/^runtime\/(service-|claim-)?types\.ts$/.test(path) && target === 'sequelize' && kind === 'type') return [];
  return PACKAGES.filter(({ names, home }) => names.test(target) && !home.test(path)).map(
    ({ sentence }) => `imports ${target}, but ${sentence} it`,
  );
}

function folderBreaches(path: string, { target, kind }: Import): string[] {
  if (path.startsWith('runtime/')) return runtimeBreaches(path, target);
  if (path.startsWith('generator/') && target.startsWith('runtime/')) {
    const allowed = target === 'runtime/db/tables.ts' || target.startsWith('runtime/schedule/');
    return allowed ? [] : [`imports ${target}, but generator takes from runtime only db/tables.ts and schedule/`];
  }
  if (path.startsWith('cli/') && target.startsWith('generator/') && kind === 'static') {
    return [`imports ${target} statically, but cli loads generator by dynamic import`];
  }
  return [];
}

function runtimeBreaches(path: string, target: string): string[] {
  if (/^(generator|generated|handlers|cli|test|bench)\//.test(target)) {
    return [`imports ${target}, but runtime imports only runtime`];
  }
  if (!target.startsWith('runtime/')) return [];
  const layer = (file: string) => LAYERS.findIndex((pattern) => pattern.test(file));
  return layer(target) > layer(path) ? [`imports ${target}, which is of a later layer`] : [];
}

/** Rings of static imports, each told once. Types and dynamic imports are no ring: neither waits for the other's code. */
function cycles(sources: readonly Source[]): string[] {
  const edges = new Map(sources.map(({ path, imports }) => [path, staticTargets(imports)]));
  const done = new Set<string>();
  const rings: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) rings.push(`cycle of imports: ${[...trail.slice(start), path].join(' -> ')}`);
    if (start >= 0 || done.has(path)) return;
    for (const target of edges.get(path) ?? []) walk(target, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) walk(path, []);
  return rings;
}

function staticTargets(imports: readonly Import[]): string[] {
  return imports.filter(({ kind }) => kind === 'static').map(({ target }) => target);
}
