// The lines of the live display, from events and words to text.
import { expect } from 'chai';
import { fold } from '../../cli/display/fold.js';
import { footerText } from '../../cli/display/footer.js';
import { callRow, retryingRow } from '../../cli/display/row.js';
import { Said, type Spoken } from '../../cli/display/said.js';
import { Screen } from '../../cli/display/screen.js';
import { DalJobError } from '../../runtime/errors.js';

const CALL = { kind: 'beforehand', id: 'r1', service: 'payment', method: 'charge', attempt: 1 } as const;
const AT = { atMs: 0, where: 'web:1:abcd' };

describe('the live display', () => {
  it('ends the line of a recorded call with what its first execution said last', () => {
    const own: Spoken[] = [];
    const said = new Said((spoken) => own.push(spoken));
    const { kind, ...speaker } = CALL;
    said.log().child(speaker).info({ order: 17 }, 'wallet charged');
    expect(said.take({ job: 'payment.charge', fireTime: 'r1', attempt: 1 })).to.equal('wallet charged order=17');
    expect(own).to.deep.equal([]);
  });

  it('tells when another attempt follows, as one sentence', () => {
    const error = new DalJobError('DJ3002', 'The instance x was gone before the call ended.');
    const said = { ...AT, said: '' };
    expect(callRow('retrying', { ...CALL, error, delayMs: 0 }, said).detail).to.equal(
      'DalJobError: The instance x was gone before the call ended; attempt 2 now',
    );
    const run = { job: 'j', fireMs: 0, kind: 'cron', attempt: 2, fence: 1, delayMs: 1500, error: 'Busy.' };
    expect(retryingRow(run as never, AT).detail).to.equal('Busy; attempt 3 in 1.5 s');
  });

  it('folds what is too long for the terminal below its column, and loses no word of it', () => {
    const line = `00:00:00  j  \u001b[31m✗ failed\u001b[0m  ${'gateway busy '.repeat(6).trim()}`;
    const lines = fold(line, 50, 23).split('\n');
    expect(lines).to.deep.equal([
      '00:00:00  j  \u001b[31m✗ failed\u001b[0m  gateway busy gateway busy',
      `${' '.repeat(23)}gateway busy gateway busy`,
      `${' '.repeat(23)}gateway busy gateway busy`,
    ]);
    expect(fold(line, 100, 23)).to.equal(line);
  });

  it('folds with a small indent where the column would be narrow, and breaks what has no space', () => {
    const lines = fold(`00:00:00  job  ${'x'.repeat(30)} ${'y'.repeat(70)}`, 40, 30).split('\n');
    expect(lines.map((one) => one.trimStart())).to.deep.equal([
      '00:00:00  job',
      'x'.repeat(30),
      'y'.repeat(30),
      'y'.repeat(30),
      'y'.repeat(10),
    ]);
    expect(lines.every(({ length }) => length <= 40)).to.equal(true);
    expect(fold('', 40, 30)).to.equal('');
  });

  it('leaves lines whole where there is no terminal, and folds them at its width where there is one', () => {
    const written: string[] = [];
    const stream = { columns: 40, write: (text: string) => written.push(text) };
    for (const live of [false, true]) new Screen(stream as never, live).line('one two three '.repeat(4).trim(), 4);
    expect(written).to.deep.equal([
      'one two three one two three one two three one two three\n',
      'one two three one two three one two\n    three one two three\n',
    ]);
  });

  it('counts one run as one', () => {
    const tally = { succeeded: 1, other: 0, elsewhere: 0 };
    const rest = { here: [], elsewhere: [], jobs: new Map(), instances: 1, nowMs: 0 };
    expect(footerText({ ...rest, tally })).to.equal('1 instance · 1 run here, 0 elsewhere · Ctrl-C stops');
  });
});
