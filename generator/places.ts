// Where jobs.yaml puts things, for who has to find them and needs nothing else: the folders and the compiled entry. Asks
// the whole of jobs.yaml for three keys, and answers for a file with errors too, since another part reports those.
import { buildFolders } from './build.js';
import type { Folders } from './model.js';

export interface Places {
  readonly folders: Folders;
  /** The compiled index that `start` loads, relative to jobs.yaml; null when it is to run the TypeScript. */
  readonly entry: string | null;
}

/** The places of a text; what it does not say, or not well, is as usual. */
export async function readPlaces(text: string): Promise<Places> {
  const { output, handlers, entry } = await topStrings(text);
  return { folders: buildFolders({ ...(output && { output }), ...(handlers && { handlers }) }), entry: entry ?? null };
}

async function topStrings(text: string): Promise<Readonly<Record<string, string | undefined>>> {
  const { parse } = await import('yaml'); // not before it is needed
  try {
    const data = parse(text, { logLevel: 'silent' }) as unknown;
    const entries = Object.entries(typeof data === 'object' && data !== null ? data : {});
    return Object.fromEntries(entries.filter(([, value]) => typeof value === 'string' && value !== ''));
  } catch {
    return {};
  }
}
