// From the text of jobs.yaml to the model, with what is said of it on the way. The reader is loaded when it is needed:
// a run that finds everything as it left it needs none.
import { buildModel } from './build.js';
import type { Source } from './config-file.js';
import type { Problem } from './diagnostics.js';
import type { Model } from './model.js';
import type { Places } from './places.js';
import type { ErrorPlaces } from './read.js';

export type Read = Said &
  ({ readonly model: null; readonly places: null } | { readonly model: Model; readonly places: Places });

interface Said {
  readonly problems: readonly Problem[];
  readonly errorPlaces: ErrorPlaces;
}

/** The model, null when there are errors. */
export async function readModel({ text, file }: Source): Promise<Read> {
  const { readConfig } = await import('./read.js');
  const { config, ...rest } = readConfig({ text, file });
  if (config === null) return { model: null, places: null, ...rest };
  const model = buildModel(config);
  return { model, places: { folders: model.folders, entry: config.entry ?? null }, ...rest };
}
