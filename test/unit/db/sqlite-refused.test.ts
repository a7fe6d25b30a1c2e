// A SQLite file that cannot be had: what stands in the way, in words.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { unreachable, unwritable } from '../../../runtime/db/detect.js';
import { classify } from '../../../runtime/db/errors.js';
import { openDatabase } from '../../../runtime/db/open.js';

const failure = (fields: object) => Object.assign(new Error('attempt to write a readonly database'), fields);

describe('a SQLite file', () => {
  it('that is a folder is refused: DJ2003', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dal-job-'));
    const error = await openDatabase({ url: `sqlite:${folder}`, tablePrefix: '' }).catch((reason: unknown) => reason);
    rmSync(folder, { recursive: true });
    expect(error).to.include({ code: 'DJ2003' });
    expect((error as Error).message).to.equal(
      `Cannot open sqlite:${folder}: this user may not open or make the file, or it is a folder.`,
    );
  });

  it('that may not be written is refused when it is opened, also by an extended code', () => {
    const error = unreachable(failure({ code: 'UNKNOWN_SQLITE_ERROR_1544', rawCode: 1544 }), 'sqlite:x');
    expect(error.message).to.equal('Cannot open sqlite:x: this user may not write the file, or make others beside it.');
  });

  it('that may not be written ends the start: DJ2005', () => {
    expect(unwritable(classify(failure({ code: 'SQLITE_READONLY' })), 'sqlite:x')).to.include({ code: 'DJ2005' });
    const other = classify(failure({ code: 'SQLITE_FULL' }));
    expect(unwritable(other, 'sqlite:x')).to.equal(other);
  });
});
