// Public suites that lie beside the project, in ../shared/data: read where they are, never copied. A test that needs one
// calls `needs` in its `before`; where the folder is absent the tests are skipped, and the reason is printed.
import { existsSync, readdirSync } from 'node:fs';
import type { Context } from 'mocha';

const ROOT = new URL('../../../shared/data/', import.meta.url);

/** A folder of the suites, as a URL that ends in a slash. */
export function sharedData(name: string): URL {
  return new URL(`${name}/`, ROOT);
}

/** Skips the test, with a line that says why, when the folder is not there. */
export function needs(context: Context, folder: URL): void {
  if (existsSync(folder)) return;
  console.log(`      skipped: ../shared/data/${folder.pathname.slice(ROOT.pathname.length)} is not beside the project`);
  context.skip();
}

/** `folder/file` of every file one folder down, sorted. */
export function filesOneDown(root: URL): string[] {
  const folders = readdirSync(root).sort();
  return folders.flatMap((folder) =>
    readdirSync(new URL(folder, root))
      .sort()
      .map((file) => `${folder}/${file}`),
  );
}
