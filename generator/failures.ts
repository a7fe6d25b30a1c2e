// What can go wrong outside of jobs.yaml's text: a file that cannot be read or written, or is not there. Each failure is one
// line for a person, with a code; the system's own error is its cause. Never used for what is in a file: that is a Problem.

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a file stands where a folder should be',
  EEXIST: 'a file stands where a folder should be',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many open files',
  FOREIGN: 'a file that dal-job did not make has its place; move it, or give jobs.yaml another output:',
};

/** A file could not be read, written or deleted. Exit code 3. */
export class FileError extends Error {
  readonly code = 'DJ1290';
  readonly exitCode = 3;
  readonly path: string;
  constructor(action: string, path: string, cause: unknown) {
    super(`cannot ${action} ${path}: ${reason(cause)}`, { cause });
    this.name = 'FileError';
    this.path = path;
  }
}

function reason(cause: unknown): string {
  const { code = '' } = cause as NodeJS.ErrnoException;
  return REASONS[code] ?? (code || String(cause));
}

/** There is no jobs.yaml. Exit code 2. */
export class ConfigMissingError extends Error {
  readonly code = 'DJ1291';
  readonly exitCode = 2;
  constructor(message: string) {
    super(message);
    this.name = 'ConfigMissingError';
  }
}
