// The peer of the generator's bench: graphql-codegen, which many teams run in their builds as dal-job is to be run. As many
// mutations as jobs, each with an input of the same two fields; plugins typescript and typescript-operations, one file out.
// It lives in bench/peer, which has its own node_modules; the project does not depend on it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('peer/', import.meta.url));

/** The folder of its node_modules; installs it first where it is not there. @throws when that fails */
export function installPeer(): string {
  const modules = join(FOLDER, 'node_modules');
  if (existsSync(join(modules, '@graphql-codegen/cli'))) return modules;
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: FOLDER, stdio: 'inherit' });
  if (status !== 0) throw new Error('the peer cannot be installed; BENCH_PEER=0 leaves it out');
  return modules;
}

export function peerCommand(modules: string): string[] {
  return [join(modules, '@graphql-codegen/cli/esm/bin.js'), '--config', 'codegen.json'];
}

export function createPeerProject(project: string, operations: number): void {
  mkdirSync(project, { recursive: true });
  symlinkSync(join(FOLDER, 'node_modules'), join(project, 'node_modules'));
  const each = (text: (n: number) => string) => Array.from({ length: operations }, (_, n) => text(n)).join('\n');
  const fields = each((n) => `  job${n}(input: Job${n}Input!): Job${n}Result!`);
  const types = each((n) => `input Job${n}Input { days: Int!, note: String }\ntype Job${n}Result { count: Int! }`);
  const calls = each((n) => `mutation Run${n}($input: Job${n}Input!) { job${n}(input: $input) { count } }`);
  const plugins = ['typescript', 'typescript-operations'];
  const config = { schema: 'schema.graphql', documents: 'operations.graphql', generates: { 'out.ts': { plugins } } };
  const schema = `type Query { ok: Boolean }\ntype Mutation {\n${fields}\n}\n${types}\n`;
  writeFileSync(join(project, 'schema.graphql'), schema);
  writeFileSync(join(project, 'operations.graphql'), `${calls}\n`);
  writeFileSync(join(project, 'codegen.json'), JSON.stringify(config));
}
