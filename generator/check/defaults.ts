// The default of a job's input: a value of that input's own type, since runs without input get it unseen.
// Compiles a validator per default, so it only runs when the types themselves are in order.

import { createValidator } from '../validate.js';
import { type CheckContext, jobsOf } from './context.js';

export function checkInputDefaults({ config, yaml, report }: CheckContext): void {
  if (report.hasErrors()) return;
  for (const { name, job, path } of jobsOf(config)) {
    if (job.input?.default === undefined) continue;
    const ref = `#/jobs/${name}/input`;
    const validate = createValidator({ jobs: config.jobs, types: config.types ?? {}, allOf: [{ $ref: ref }] });
    for (const problem of validate(job.input.default)) {
      const at = [...path, 'input', 'default', ...problem.path];
      const message = `default of the input of job "${name}" does not fit: ${[...problem.path, problem.message].join(' ')}`;
      report.add({ code: 'DJ1048', span: yaml.locate(at, problem.at), message, hint: problem.hint });
    }
  }
}
