// Makes the parts of the documentation that can be made, so that they cannot drift: docs/config.md from the schema,
// docs/errors.md from the tables of codes, the tables and the SQL of docs/protocol.md from the code. `npm run docs`.
// What a person wrote is never touched: in protocol.md only what stands between `<!-- made: NAME -->` and
// `<!-- /made -->` is replaced. A test holds that the committed files are what this makes.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configDocs } from './docs/config.js';
import { errorDocs } from './docs/errors.js';
import { protocolParts } from './docs/protocol.js';

const PROTOCOL = 'docs/protocol.md';
const PART = /(<!-- made: ([\w-]+) -->\n)[\s\S]*?(\n<!-- \/made -->)/g;

/** Every made file as it should be: path from the project root to text. */
export async function madeDocs(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/config.md', configDocs()],
    ['docs/errors.md', errorDocs()],
    [PROTOCOL, filledIn(readFileSync(fileOf(PROTOCOL), 'utf8'), await protocolParts())],
  ]);
}

function filledIn(text: string, parts: ReadonlyMap<string, string>): string {
  return text.replace(PART, (_, head: string, name: string, tail: string) => {
    const part = parts.get(name);
    if (part === undefined) throw new Error(`${PROTOCOL} asks for a part that is not made: ${name}`);
    return head + part + tail;
  });
}

function fileOf(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of await madeDocs()) writeFileSync(fileOf(path), text);
}
