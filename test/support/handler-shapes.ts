// The shapes that people write handlers in, each of which dal-job must read as it is meant and never change by a byte: what
// other generators were seen to mangle, lose or comment out. The handler is that of the job `send`.

const TYPE = "import type { JobHandler } from '../../generated/index.js';\n";
/** Files that export `send`, by what shape. */
export const FINE: readonly [shape: string, text: string][] = [
  ['a constant', `${TYPE}export const send: JobHandler<'send'> = async () => {};`],
  ['a function', 'export function send() {}'],
  ['an async function', 'export async function send(): Promise<void> {}'],
  [
    'an overloaded function',
    'export function send(a: 1): void;\nexport function send(a: 2): void;\nexport function send(): void {}',
  ],
  ['a wrapped call', 'export const send = traced(async () => {});'],
  ['satisfies', `${TYPE}export const send = (async () => {}) satisfies JobHandler<'send'>;`],
  ['a named export', 'const send = async () => {};\nexport { send };'],
  ['a renamed export', 'async function mail() {}\nexport { mail as send };'],
  ['an export from elsewhere', "export { send } from '../../mail.js';"],
  ['a renamed export from elsewhere', "export { default as send } from '../../mail.js';"],
  ['export *', "export * from '../../mail.js';"],
  ['export * as', "export * as send from '../../mail.js';"],
  ['a destructured export', 'export const { a: { send = null }, ...rest } = makeHandlers();'],
  ['a destructured list', 'export const [first, send] = makeHandlers();'],
  ['a class', 'export class send {}'],
  ['a namespace', 'export namespace send { export const a = 1; }'],
  ['an import equals', "export import send = require('../../mail.js');"],
  ['let', 'export let send = () => {};'],
  ['several declarations', 'export const a = 1, send = () => {};'],
  [
    'decorators and comments',
    '/* license */\n@d() class A {}\n/** doc */\nexport const /* x */ send = () => { new A(); };',
  ],
  ['a byte-order mark', '\uFEFFexport const send = () => {};'],
  ['CRLF', 'const a = 1;\r\nexport const send = () => {\r\n};\r\n'],
  ['a shebang', '#!/usr/bin/env node\nexport const send = () => {};'],
  ['an old type assertion', 'export const send = <() => void>(() => {});'],
];

/** Files that do not, with what is said of them. */
export const MISSING: readonly [shape: string, text: string, words: string][] = [
  ['nothing', '', 'DJ1201 1:1 no export "send" for the job of that name'],
  ['another name', 'export const sent = () => {};', 'DJ1201 1:1 no export "send" for the job of that name'],
  ['not exported', '\nconst send = () => {};', 'DJ1201 2:7 no export "send" for the job of that name'],
  ['a comment', '// export const send = () => {};', 'DJ1201 1:1 no export "send" for the job of that name'],
  ['a string', 'export const a = "export const send = 1";', 'DJ1201 1:1 no export "send" for the job of that name'],
  ['a default export', 'export default function send() {}', 'DJ1201 1:25 no export "send" for the job of that name'],
  ['a type', 'export type send = () => void;', 'DJ1201 1:1 no export "send" for the job of that name'],
  [
    'a type-only export',
    'const send = 1;\nexport type { send };',
    'DJ1201 1:7 no export "send" for the job of that name',
  ],
  ['an inner export', 'namespace a { export const send = 1; }', 'DJ1201 1:1 no export "send" for the job of that name'],
];

/** Files that cannot be parsed, with what is said of them. */
export const BROKEN: readonly [shape: string, text: string, words: string][] = [
  [
    'half typed',
    'export const send = async () => {\n  if (',
    'DJ1202 2:7 the file cannot be parsed: Expression expected.',
  ],
  [
    'a conflict',
    'export const a = 1;\n<<<<<<< ours\nexport const send = 1;\n=======\nexport const send = 2;\n>>>>>>> theirs\n',
    'DJ1202 2:1 the file cannot be parsed: Merge conflict marker encountered.',
  ],
];

/** Every text above, as the handler of a job of another name. */
export function everyShape(nameOf: (index: number) => string): ReadonlyMap<string, string> {
  const texts = [...FINE, ...MISSING, ...BROKEN].map(([, text]) => text);
  return new Map(texts.map((text, index) => [nameOf(index), text.replace(/\bsend\b/g, nameOf(index))]));
}
