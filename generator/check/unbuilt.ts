// Keys that the schema knows and this release cannot run yet: one error each, at its line.
// Remove an entry here when its part is built; nothing else knows of them.

import { type CheckContext, jobsOf } from './context.js';

export function checkUnbuilt({ config, yaml, report }: CheckContext): void {
  for (const { name, job, path } of jobsOf(config)) {
    if (job.claim === undefined) continue;
    const message = `claim of job "${name}" is not built yet`;
    report.add({ code: 'DJ1050', span: yaml.locate([...path, 'claim'], 'key'), message, hint: 'remove it for now' });
  }
}
