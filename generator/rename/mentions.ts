// Lines of the user's code that still have a job's old name: a string such as app.trigger('old'), an import of its file. They
// are told after a rename and never edited: whether they mean the job, only a person knows.
import { filesBelow, readText } from '../write.js';

export interface Mention {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Lines below a folder with the name in quotes, or at the end of a path. @throws FileError */
export function mentionsOf(root: string, folder: string, name: string): Mention[] {
  const pattern = new RegExp(`(['"\`/])${name}(\\.[cm]?[jt]sx?)?['"\`]`);
  const files = filesBelow(root, folder).filter((file) => /\.[cm]?[jt]sx?$/.test(file) && !file.includes('/.orphans/'));
  return files.flatMap((file) =>
    (readText(root, file) ?? '')
      .split('\n')
      .flatMap((text, index) => (pattern.test(text) ? [{ file, line: index + 1, text: text.trim() }] : [])),
  );
}
