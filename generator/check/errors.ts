// Names in `retry.for`: declared under `errors`, or built in.
// Whether the file exports such a class is looked up when the user's files are read, not here.

import { buildFolders } from '../build.js';
import { BUILT_IN_ERRORS } from '../names.js';
import type { Path } from '../parse.js';
import { showSubject } from '../subject.js';
import { suggest } from '../suggest.js';
import { type CheckContext, jobsOf, methodsOf } from './context.js';

export function checkErrorNames(context: CheckContext): void {
  const known = [...BUILT_IN_ERRORS, ...Object.keys(context.config.errors ?? {})];
  const check = (path: Path, names: readonly string[] | undefined): void => {
    names?.forEach((name, index) => {
      if (!known.includes(name)) refuse(context, [...path, index], name, known);
    });
  };
  for (const { job, path } of jobsOf(context.config)) check([...path, 'retry', 'for'], job.retry?.for);
  for (const { method, path } of methodsOf(context.config)) check([...path, 'retry', 'for'], method.retry?.for);
}

function refuse({ yaml, report, config }: CheckContext, path: Path, name: string, known: readonly string[]): void {
  const near = suggest(name, known);
  const file = `./${buildFolders(config).handlers}/errors.ts`;
  const hint = near === undefined ? `add it under errors: ${name}: ${file}` : `did you mean "${near}"?`;
  const message = `unknown error class "${name}" in ${showSubject(path.slice(0, -1))}`;
  report.add({ code: 'DJ1034', span: yaml.locate(path, 'value'), message, hint });
}
