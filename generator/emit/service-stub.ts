// handlers/services/<service>.ts: the stub a user fills in, made once and never touched again: every method, and the
// companions that some ask for. It knows descriptions and names (those of parameters in comments); signatures are behind the generated alias
// Service<'name'>, so that a method added or changed later is told by tsc, at the user's own lines. No parameters:
// strict projects refuse unused ones.

import { descriptionLines } from '../comment.js';
import { companionName, type Folders, type ModelMethod, type ModelParam, type ModelService } from '../model.js';
import { specifier } from './imports.js';

/** The text of a service's stub: every method, and the companions that retry and upcast. */
export function serviceStub({ name, description, methods }: ModelService, { output, handlers }: Folders): string {
  const types = specifier(`${handlers}/services`, `${output}/index.ts`);
  const lines = [
    "import { NotImplementedError } from 'dal-job';",
    `import type { Service } from '${types}';`,
    '',
    ...comment(descriptionLines(description)),
    `export const ${name}: Service<'${name}'> = {`,
    ...methods
      .flatMap((method) => methodStubs(name, method))
      .join('\n\n')
      .split('\n'),
    '};',
  ];
  return `${lines.join('\n')}\n`;
}

function methodStubs(service: string, { name, description, params, retry }: ModelMethod): string[] {
  const again = companionName('retry', name);
  const upcast = companionName('upcast', name);
  const stub = (member: string, isAsync: boolean, about: readonly string[]) =>
    [
      ...comment(about),
      `${isAsync ? 'async ' : ''}${member}() {`,
      `  throw new NotImplementedError('${service}.${member}');`,
      '},',
    ]
      .map((line) => `  ${line}`)
      .join('\n');
  return [
    stub(name, true, [...descriptionLines(description), ...receives(params)]),
    ...(retry?.mode === 'afterward'
      ? [
          stub(again, true, [
            `Retries a ${name} that failed. Receives { params, byType, attempt, … }; false: try again later.`,
          ]),
        ]
      : []),
    ...(retry?.upcast === true
      ? [
          stub(upcast, false, [
            `Turns arguments that an older jobs.yaml recorded into today's. Receives (args, argsHash).`,
          ]),
        ]
      : []),
  ];
}

function receives(params: readonly ModelParam[]): string[] {
  const names = params.map(({ name, optional }) => (optional ? `${name}?` : name));
  return names.length === 0 ? [] : [`Receives (${names.join(', ')}).`];
}

function comment(lines: readonly string[]): string[] {
  if (lines.length < 2) return lines.map((line) => `/** ${line} */`);
  return ['/**', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */'];
}
