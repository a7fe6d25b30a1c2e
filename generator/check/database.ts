// `${NAME}` and `${NAME:-default}` under `database`: well formed, so that start-up has only to look them up.
// Values are never read from the environment here: what is generated must not depend on the machine it was made on.

import type { CheckContext } from './context.js';

const PART = /\$\$\{|\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^}]*)?\}|\$\{[^}]*\}?/g;
const WELL_FORMED = /^(?:\$\$\{|\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^}$]*)?\})$/;

export function checkDatabase({ config, yaml, report }: CheckContext): void {
  for (const [key, value] of Object.entries(config.database ?? {})) {
    if (typeof value !== 'string') continue;
    for (const part of value.matchAll(PART)) {
      if (WELL_FORMED.test(part[0])) continue;
      const span = yaml.locateWithin(['database', key], part.index, part[0].length);
      // biome-ignore lint/suspicious/noTemplateCurlyInString: what the reader should write
      const hint = 'write ${NAME} or ${NAME:-default}; $${ is a literal ${';
      report.add({ code: 'DJ1037', span, message: `database.${key} has a malformed ${part[0]}`, hint });
    }
  }
}
