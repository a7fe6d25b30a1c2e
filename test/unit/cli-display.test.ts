// The lines of the live display, from events and words to text.
import { expect } from 'chai';
import { footerText } from '../../cli/display/footer.js';
import { callRow, retryingRow } from '../../cli/display/row.js';
import { Said, type Spoken } from '../../cli/display/said.js';
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

  it('counts one run as one', () => {
    const tally = { succeeded: 1, other: 0, elsewhere: 0 };
    const rest = { here: [], elsewhere: [], jobs: new Map(), instances: 1, nowMs: 0 };
    expect(footerText({ ...rest, tally })).to.equal('1 instance · 1 run here, 0 elsewhere · Ctrl-C stops');
  });
});
