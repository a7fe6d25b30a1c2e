// Makes the parts of the documentation that can be made, so that they cannot drift: docs/config.md from the schema,
// docs/errors.md from the tables of codes, the tables, the SQL and the fire times of the other pages from the code.
// Run it after a change of any of these: `npm run docs`.
// What a person wrote is never touched: only what stands between `<!-- made: NAME -->` and `<!-- /made -->` is replaced.
// A test holds that the committed files are what this makes.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configDocs } from './docs/config.js';
import { daylightTable } from './docs/daylight.js';
import { errorDocs } from './docs/errors.js';
import { protocolParts } from './docs/protocol.js';

const WITH_PARTS = ['docs/protocol.md', 'docs/operations.md'];
const PART = /(<!-- made: ([\w-]+) -->\n)[\s\S]*?(\n<!-- \/made -->)/g;

/** Every page that is made, whole or in part, as it should be: path from the project root to text. */
export async function madeDocs(): Promise<ReadonlyMap<string, string>> {
  const parts = new Map([...(await protocolParts()), ['dst', daylightTable()] as const]);
  return new Map([
    ['docs/config.md', configDocs()],
    ['docs/errors.md', await errorDocs()],
    ...WITH_PARTS.map((path) => [path, filledIn(path, parts)] as const),
  ]);
}

function filledIn(path: string, parts: ReadonlyMap<string, string>): string {
  return readFileSync(fileOf(path), 'utf8').replace(PART, (_, head: string, name: string, tail: string) => {
    const part = parts.get(name);
    if (part === undefined) throw new Error(`${path} asks for a part that is not made: ${name}`);
    return `${head}\n${part}\n${tail}`;
  });
}

function fileOf(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of await madeDocs()) writeFileSync(fileOf(path), text);
}
