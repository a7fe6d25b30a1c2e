// The folders of machine and user: apart from each other, because gen deletes what it does not know in the one and never
// touches what is in the other.

import { buildFolders } from '../build.js';
import type { CheckContext } from './context.js';

export function checkFolders({ config, yaml, report }: CheckContext): void {
  const { output, handlers } = buildFolders(config);
  const clash = [`${handlers}/jobs`, `${handlers}/services`].some((folder) => meet(output, folder));
  if (!clash) return;
  const message = `output "${output}" and handlers "${handlers}" lie in one another`;
  const key = config.output === undefined ? 'handlers' : 'output';
  report.add({ code: 'DJ1070', span: yaml.locate([key], 'value'), message, hint: 'give each a folder of its own' });
}

function meet(one: string, other: string): boolean {
  return `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`);
}
