// The process test of one database server, act by act. The test files of the two servers are one line each, so that they
// run beside each other.

import { faketimeIsRequired } from '../support/clocks.js';
import type { ServerKind } from '../support/find-server.js';
import { clockSteps, lostReplies, outages } from './database-acts.js';
import { freezes, kills, wrongClocks } from './instance-acts.js';
import { onOwnServer } from './theatre.js';

const LIMIT_MS = process.env.DAL_JOB_TEST_LONG === '1' ? 3_600_000 : 240_000;

export function declareFaults(kind: ServerKind): void {
  describe('Four instances and a witness', function () {
    this.timeout(LIMIT_MS);
    onOwnServer(kind, (theatre) => {
      it('fire once each under wrong clocks, a blocked event loop and handlers deaf to their abort', async () => {
        if (theatre().faketime === undefined && faketimeIsRequired())
          throw new Error('no libfaketime: apt-get install faketime');
        await wrongClocks(theatre());
      });

      it('survive kill -9 in mid-handler, and between the acquire and the start', () => kills(theatre()));

      it('survive a freeze of three leases, a canary that dies, and SIGTERM under load', () => freezes(theatre()));

      it('survive a database that is killed, and one that is frozen', () => outages(theatre()));

      it('survive replies to COMMIT that are lost or late, and a network gone silent', () => lostReplies(theatre()));

      it('survive steps of the clock of the database', async function () {
        const { clock } = theatre();
        if (clock === undefined && faketimeIsRequired()) throw new Error('no libfaketime: apt-get install faketime');
        if (clock === undefined) {
          console.log('      NOT TESTED: no libfaketime found; apt-get install faketime');
          return this.skip();
        }
        await clockSteps(theatre(), clock);
      });
    });
  });
}
