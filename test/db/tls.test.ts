// TLS as the URL asks for it, for the protocol's connections and for the application's Sequelize alike. MySQL makes
// itself a certificate at its first start; MariaDB 10 does not, so it is not tested here.
import { join } from 'node:path';
import { expect } from 'chai';
import { openDatabase } from '../../runtime/db/open.js';
import { eachDatabase } from '../support/databases.js';

eachDatabase(
  (test) => {
    const ciphers = async (options: string) => {
      const database = await openDatabase({ url: test.url + options, tablePrefix: '' });
      const sql = "SHOW STATUS LIKE 'Ssl_cipher'";
      const [own] = await database.query<{ Value: string }>(sql, []);
      const [[theirs]] = (await database.sequelize.query(sql)) as [[{ Value: string }], unknown];
      await database.close();
      return [own?.Value !== '', theirs.Value !== ''];
    };

    it('is off by default', async () => {
      expect(await ciphers('')).to.deep.equal([false, false]);
    });

    it('is on with ssl-mode=REQUIRED, whatever the certificate', async () => {
      expect(await ciphers('?ssl-mode=REQUIRED')).to.deep.equal([true, true]);
    });

    it('is refused with ssl=true for a certificate nobody vouches for: DJ2003', async () => {
      const error = await ciphers('?ssl=true').catch((reason: unknown) => reason);
      expect(error).to.include({ code: 'DJ2003' });
      expect((error as Error).message).to.match(/certificate/i);
    });

    it('is on with the authority that signed the certificate', async () => {
      const authority = join(test.server.address.folder, 'data', 'ca.pem');
      expect(await ciphers(`?ssl-ca=${encodeURIComponent(authority)}`)).to.deep.equal([true, true]);
    });
  },
  { dialects: ['mysql'] },
);
