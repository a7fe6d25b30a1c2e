// A job that was renamed in jobs.yaml by hand: one is gone and one is new, and they fire alike, or the one that is gone left
// a filled handler. Nothing is decided by it: the job is new, as jobs.yaml says; but the command that takes handler, history
// and state along is told. Known from registry.ts before and after, so that it is told by the run that notices, and by --check.

import type { Problem } from './diagnostics.js';
import { finding } from './findings.js';
import type { Orphan } from './orphans.js';
import { parseYaml } from './parse.js';
import { definitionsIn } from './registry-text.js';
import { createReport } from './report.js';
import { sourceText } from './source.js';
import { readText } from './write.js';

export interface Renamed {
  readonly from: string;
  readonly to: string;
}

export interface RenameEvidence {
  /** registry.ts as it is on disk; null if there is none. */
  readonly before: string | null;
  /** registry.ts as it is to be. */
  readonly after: string;
  readonly orphans: readonly Orphan[];
}

/** Pairs of jobs that look like one job under two names. */
export function findRenames({ before, after, orphans }: RenameEvidence): Renamed[] {
  const old = behaviourIn(before ?? '');
  const now = behaviourIn(after);
  const gone = [...old.keys()].filter((name) => !now.has(name));
  const fresh = old.size === 0 ? [] : [...now.keys()].filter((name) => !old.has(name));
  const alike = gone.flatMap((from) => {
    const matches = fresh.filter((name) => now.get(name) === old.get(from));
    const rivals = gone.filter((name) => old.get(name) === old.get(from));
    return matches.length === 1 && rivals.length === 1 ? [{ from, to: matches[0] ?? '' }] : [];
  });
  const [from = '', ...otherGone] = gone;
  const [to = '', ...otherFresh] = fresh;
  const single = from !== '' && to !== '' && otherGone.length + otherFresh.length === 0;
  const filled = orphans.some(({ owner, name, pristine }) => owner === 'job' && name === from && !pristine);
  return alike.length === 0 && single && filled ? [{ from, to }] : alike;
}

/** What decides when each job of a registry.ts fires and what becomes of it, as text; but not what it is called. */
function behaviourIn(registry: string): Map<string, string> {
  const texts = [...definitionsIn(registry)];
  return new Map(texts.map(([name, text]) => [name, text.replace(/^ +description: .*$/m, '')]));
}

/** What a run has to say of them: registry.ts on disk against the plan. @throws FileError */
export function renamesSeen(
  yaml: { readonly root: string; readonly file: string; readonly text: string },
  registry: { readonly path: string; readonly text: string },
  orphans: readonly Orphan[],
): Problem[] {
  const evidence = { before: readText(yaml.root, registry.path), after: registry.text, orphans };
  return findRenames(evidence).map((renamed) => renameFinding(renamed, yaml));
}

/** The command to run, at the new name in jobs.yaml. */
function renameFinding({ from, to }: Renamed, yaml: { readonly file: string; readonly text: string }): Problem {
  const source = sourceText(yaml.file, yaml.text);
  const span = parseYaml(source, createReport(source))?.locate(['jobs', to], 'key') ?? { start: 0, end: 1 };
  const { line, column, length } = source.place(span);
  const message = `job "${to}" looks like "${from}" under another name`;
  const hint = `dal-job rename ${from} ${to} takes its handler and its history along`;
  return { ...finding({ code: 'DJ1221', file: yaml.file, message, hint, place: { line, column } }), length };
}
