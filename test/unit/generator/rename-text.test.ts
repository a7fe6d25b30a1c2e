// What `dal-job rename` does to a text: the name in a handler's file and in jobs.yaml, and nothing else of either.
import { expect } from 'chai';
import { renameInCode } from '../../../generator/rename/code.js';
import { renameInYaml } from '../../../generator/rename/yaml.js';

const TYPE = "import type { JobHandler } from '../../generated/index.js';\n";

/** Text before, and text after `send` was renamed to `mail`. */
const CODE: readonly [shape: string, before: string, after: string][] = [
  [
    'a constant, with what refers to it',
    `${TYPE}export const send: JobHandler<'send'> = async () => { send.n = { send }; const f = (send) => send; a.send(f); };`,
    `${TYPE}export const mail: JobHandler<'mail'> = async () => { mail.n = { send: mail }; const f = (send) => send; a.send(f); };`,
  ],
  [
    'a function that calls itself',
    'export async function send() { send(); }',
    'export async function mail() { mail(); }',
  ],
  [
    'an overloaded function',
    'export function send(a: 1): void;\nexport function send(): void {}',
    'export function mail(a: 1): void;\nexport function mail(): void {}',
  ],
  [
    'a wrapped call',
    "export const send = traced('send', async () => {});",
    "export const mail = traced('send', async () => {});",
  ],
  [
    'satisfies, with the type by another name',
    'import type { JobHandler as H } from \'x\';\nexport const send = (async () => {}) satisfies H<"send">;',
    'import type { JobHandler as H } from \'x\';\nexport const mail = (async () => {}) satisfies H<"mail">;',
  ],
  [
    'the type of a namespace',
    "export let send: g.JobHandler<'send'>, b = 1;",
    "export let mail: g.JobHandler<'mail'>, b = 1;",
  ],
  ['an export list', 'const send = 1;\nexport { send };', 'const send = 1;\nexport { send as mail };'],
  ['an alias', 'const a = 1;\nexport { a as send };', 'const a = 1;\nexport { a as mail };'],
  [
    'an alias that had the new name inside',
    'const mail = 1;\nexport { mail as send };',
    'const mail = 1;\nexport { mail as mail };',
  ],
  ['a re-export', "export { send } from './x.js';", "export { send as mail } from './x.js';"],
  ['a renamed re-export', "export { default as send } from './x.js';", "export { default as mail } from './x.js';"],
  ['a namespace export', "export * as send from './x.js';", "export * as mail from './x.js';"],
  [
    'a destructured export',
    'export const { a: { send = 0 }, ...r } = m();',
    'export const { a: { send: mail = 0 }, ...r } = m();',
  ],
  ['a destructured list', 'export const [first, send] = m();', 'export const [first, mail] = m();'],
  ['a class', 'export class send { m() { return new send(); } }', 'export class mail { m() { return new mail(); } }'],
  ['a namespace', 'export namespace send { export const a = 1; }', 'export namespace mail { export const a = 1; }'],
  ['an import equals', "export import send = require('./x.js');", "export import mail = require('./x.js');"],
  ['a byte-order mark', '\uFEFFexport const send = 1;', '\uFEFFexport const mail = 1;'],
  ['CRLF', 'const a = 1;\r\nexport const send = a;\r\n', 'const a = 1;\r\nexport const mail = a;\r\n'],
  ['a shebang', '#!/usr/bin/env node\nexport const send = 1;', '#!/usr/bin/env node\nexport const mail = 1;'],
  [
    'decorators, comments and odd spacing',
    '/* send */\n@d() class A {}\n/** send */\nexport  const /* send */ send=()=>{ new A() ; }',
    '/* send */\n@d() class A {}\n/** send */\nexport  const /* send */ mail=()=>{ new A() ; }',
  ],
  [
    'a property of the new name',
    'export const send = () => a.mail({ mail: 1 });',
    'export const mail = () => a.mail({ mail: 1 });',
  ],
];

const REFUSED: readonly [shape: string, text: string, why: string][] = [
  ['a syntax error', 'export const send = (', 'it cannot be parsed: Expression expected.'],
  [
    'a conflict',
    '<<<<<<< a\nexport const send = 1;\n=======\n>>>>>>> b\n',
    'it cannot be parsed: Merge conflict marker encountered.',
  ],
  ['the new name in use', 'export const send = () => mail();', 'it uses the name "mail" already'],
  ['the new name exported', 'export const send = 1, mail = 2;', 'it uses the name "mail" already'],
  ['export *', "export * from './x.js';", 'it has no export "send" written out'],
  ['a default export', 'export default 1;', 'it has no export "send" written out'],
  ['an export that is not there', 'const send = 1;', 'it has no export "send" written out'],
];

describe('a handler under the new name of its job', () => {
  const rename = (text: string, renameExport = true) =>
    renameInCode({ path: 'handlers/jobs/send.ts', text, from: 'send', to: 'mail', renameExport });

  for (const [shape, before, after] of CODE) {
    it(`changes in nothing but the name: ${shape}`, () => {
      expect(rename(before)).to.deep.equal({ ok: true, text: after });
    });
  }

  for (const [shape, text, why] of REFUSED) {
    it(`is refused: ${shape}`, () => {
      expect(rename(text)).to.deep.include({ ok: false, why });
    });
  }

  it('keeps its export when that has a name of its own', () => {
    const text = "export default (async () => {}) satisfies JobHandler<'send'>; export const send = 1;";
    expect(rename(text, false)).to.deep.equal({ ok: true, text: text.replace("'send'", "'mail'") });
  });
});

describe('a job of jobs.yaml under its new name', () => {
  const shapes: readonly [shape: string, text: string][] = [
    ['a bare key', '# a: b\njobs:\n\n  # send\n  send :   { desc: send }   # send\n  other: {}\n'],
    ['quotes', 'jobs: { \'send\': { cron: "* * * * *" } }\n'],
    ['double quotes, CRLF and a mark', '\uFEFFtypes: { send: {} }\r\njobs:\r\n  "send":\r\n    desc: x\r\n'],
    ['an explicit key', 'jobs:\n  ? send\n  : desc: x\n'],
    ['an anchor at its value', 'jobs:\n  send: &send { desc: x }\n  two: *send\n'],
  ];
  for (const [shape, text] of shapes) {
    it(`changes in nothing but the key: ${shape}`, () => {
      const after = renameInYaml(text, 'send', 'mail') ?? '';
      const at = [...text].findIndex((letter, index) => letter !== [...after][index]);
      expect(text.slice(at).startsWith('send') && text.slice(0, at) + text.slice(at).replace('send', 'mail')).to.equal(
        after,
      );
      expect(text.slice(0, at)).to.match(/jobs:/);
    });
  }

  it('is refused when the key is not written out there', () => {
    for (const text of [
      'x: &x { send: {} }\njobs: { <<: *x }\n',
      'x: &x { send: {} }\njobs: *x\n',
      'jobs: { "s\\u0065nd": {} }\n',
      'jobs: { &a send: {}, b: *a }\n'.replace('b: *a', 'b: {}').replace('send', '"se\\\n  nd"'),
      'jobs: [send]\n',
    ])
      expect(renameInYaml(text, 'send', 'mail'), text).to.equal(null);
  });
});
