// What every check gets: the config, and the means to say where something is wrong with it.
// The config has the shapes of its type, whatever was wrong before was taken out; required keys may be missing.

import type { JobsConfig } from '../config.gen.js';
import type { ParsedYaml, Path } from '../parse.js';
import type { Report } from '../report.js';

export interface CheckContext {
  readonly config: JobsConfig;
  readonly yaml: ParsedYaml;
  readonly report: Report;
}

/** The jobs with the paths at which they stand. */
export function jobsOf(
  config: JobsConfig,
): { name: string; job: NonNullable<JobsConfig['jobs']>[string]; path: Path }[] {
  return Object.entries(config.jobs ?? {}).map(([name, job]) => ({ name, job, path: ['jobs', name] }));
}

/** The methods of all services; `methods` may be missing when the file has errors. */
export function methodsOf(config: JobsConfig) {
  return Object.entries(config.services ?? {}).flatMap(([service, { methods = {} }]) =>
    Object.entries(methods).map(([name, method]) => ({
      service,
      name,
      method,
      path: ['services', service, 'methods', name],
    })),
  );
}
