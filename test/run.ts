// What `npm test` runs: checks of the sources, then the test suites, each a process of its own, on every database server
// this machine has. It says first what it found and last what it did NOT test, and the very last line is the count.
// Steps whose files are not there are absent; a server that is not there is a skip, or a failure if it is
// named in DAL_JOB_TEST_REQUIRE (`mysql,mariadb`).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findFaketime } from './support/clocks.js';
import { type MissingServer, SERVER_KINDS } from './support/find-server.js';
import { removeScratch, scratchRoot } from './support/scratch.js';
import { SHARED_SERVERS_VARIABLE, type SharedServers, startSharedServers } from './support/servers.js';
import { type Counts, type Outcome, runStep, type Step, SUITES, sourceSteps, suiteSteps } from './support/steps.js';

interface Options {
  readonly long: boolean;
  readonly only: string | undefined;
  readonly grep: string | undefined;
}

interface Result extends Outcome {
  readonly name: string;
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) return 64;
  const servers = await startSharedServers();
  console.log(`databases: ${describeServers(servers)}`);
  const results = [...requirements(servers), ...(await runAll(chooseSteps(options), environment(options, servers)))];
  await removeScratch();
  summarise(servers, results);
  return results.some(({ failed }) => failed > 0) ? 1 : 0;
}

function readOptions(): Options | undefined {
  try {
    const { values } = parseArgs({
      options: { long: { type: 'boolean' }, only: { type: 'string' }, grep: { type: 'string' } },
    });
    if (values.only === undefined || SUITES.includes(values.only))
      return { long: values.long ?? false, only: values.only, grep: values.grep };
    console.error(`--only takes one of ${SUITES.join(', ')}`);
  } catch (error) {
    console.error(
      `${(error as Error).message}\nusage: npm test -- [--long] [--only ${SUITES.join('|')}] [--grep TEXT]`,
    );
  }
  return undefined;
}

function chooseSteps({ only, grep }: Options): readonly Step[] {
  const narrowed = only !== undefined || grep !== undefined;
  return [...(narrowed ? [] : sourceSteps()), ...suiteSteps(only, grep)];
}

function environment(options: Options, servers: SharedServers): NodeJS.ProcessEnv {
  return {
    ...process.env,
    [SHARED_SERVERS_VARIABLE]: JSON.stringify(servers),
    ...(options.long ? { DAL_JOB_TEST_LONG: '1' } : {}),
  };
}

/** One after the other, but for those that mostly wait: these run beside them, and are heard when they have ended. */
async function runAll(steps: readonly Step[], env: NodeJS.ProcessEnv): Promise<Result[]> {
  const isAside = ({ beside }: Step) => beside && steps.length > 1;
  const front = steps.filter((step) => !isAside(step));
  const aside = steps.filter(isAside).map((step) => runAside(step, env));
  const results: Result[] = [];
  for (const step of front) {
    console.log(`\n=== ${step.name}`);
    results.push({ name: step.name, ...(await runStep(step, { env, givesWay: aside.length > 0 })) });
  }
  for (const waiting of aside) {
    const { output, result } = await waiting;
    console.log(`\n=== ${result.name}\n${output}`);
    results.push(result);
  }
  return results;
}

async function runAside(step: Step, env: NodeJS.ProcessEnv): Promise<{ output: string; result: Result }> {
  const file = join(scratchRoot(), `${step.name.replace(/\W+/g, '-')}.log`);
  const result = { name: step.name, ...(await runStep(step, { env, outputFile: file })) };
  return { output: readFileSync(file, 'utf8'), result };
}

/** One failure for each server that must be there and is not. */
function requirements(servers: SharedServers): Result[] {
  const required = (process.env.DAL_JOB_TEST_REQUIRE ?? '').split(',').filter((name) => name !== '');
  const present = servers.servers.map(({ found }): string => found.kind);
  return required
    .filter((name) => !present.includes(name))
    .map((name) => ({
      name: `${name} is required (DAL_JOB_TEST_REQUIRE)`,
      ...{ passed: 0, failed: 1, skipped: 0, failures: [] },
    }));
}

function describeServers({ servers }: SharedServers): string {
  const names = servers.map(({ found }) => `${found.kind} ${found.version} (${found.binary})`);
  return ['sqlite (embedded)', ...names].join(', ');
}

function summarise(servers: SharedServers, results: readonly Result[]): void {
  const line = '='.repeat(100);
  console.log(`\n${line}`);
  for (const { name, passed, failed, skipped, failures } of results) {
    console.log(`${failed > 0 ? 'FAILED' : 'ok    '}  ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
    for (const failure of failures) console.log(failure.replace(/^/gm, '        '));
  }
  console.log(`\nTESTED ON      ${describeServers(servers)}`);
  for (const gap of untested(servers)) console.log(gap);
  console.log(line);
  const sum = (key: keyof Counts) => results.reduce((total, result) => total + result[key], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
}

function untested({ missing }: SharedServers): string[] {
  const servers = SERVER_KINDS.flatMap((kind) => missing.filter((gap) => gap.kind === kind)).map(describeGap);
  const faketime = findFaketime()
    ? []
    : [
        'NOT TESTED     with wrong clocks: no libfaketime found.\n               To change that: apt-get install faketime',
      ];
  return [...servers, ...faketime];
}

function describeGap({ kind, reason, remedy }: MissingServer): string {
  return `NOT TESTED ON  ${kind.toUpperCase()}: ${reason}.\n               To change that: ${remedy}`;
}

process.exitCode = await main();
