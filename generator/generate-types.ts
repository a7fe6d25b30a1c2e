// What a run of the generator takes and what it answers: the shapes that the command line prints, in text or as JSON.
import type { Problem } from './diagnostics.js';
import type { Change } from './write.js';

export interface GenerateOptions {
  /** Folder of jobs.yaml; every path in it is relative to this one. */
  readonly root: string;
  /** Default: jobs.yaml in `root`. Its folder takes the place of `root`. */
  readonly configFile?: string;
  /** Writes nothing; `changes` are what would be done. */
  readonly check?: boolean;
  /** Moves filled handlers of jobs that are gone to handlers/.orphans/. Without effect with `check`. */
  readonly prune?: boolean;
  /** Writes nothing; `changes` are what would be done, stubs included. Differences are no findings. */
  readonly dryRun?: boolean;
}

export interface GenerateReport {
  /** The folder that paths are relative to. */
  readonly root: string;
  /** 0 clean, 1 something needs a person, 2 jobs.yaml has errors and nothing was written. */
  readonly exitCode: 0 | 1 | 2;
  /** About jobs.yaml. */
  readonly problems: readonly Problem[];
  /** About handlers, error classes and, with `check`, generated/. */
  readonly findings: readonly Problem[];
  readonly changes: readonly Change[];
  readonly unchanged: number;
  readonly jobs: number;
  /** null when jobs.yaml has errors. */
  readonly modelHash: string | null;
  /** Text of a file that a problem names. */
  readonly textOf: (file: string) => string | undefined;
  /** The text that a change of this run gives a file; undefined for what it does not create or update. */
  readonly newTextOf: (path: string) => string | undefined;
  /** What the result depends on beside jobs.yaml: generated files, handlers, error classes. */
  readonly files: readonly string[];
}
