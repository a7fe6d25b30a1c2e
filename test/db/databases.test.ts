// The suite helper itself: every dialect gets a database of its own, and it is empty when asked to be.
import { expect } from 'chai';
import { eachDatabase } from '../support/databases.js';

eachDatabase((database) => {
  it('names a url of the dialect', () => {
    expect(database.url).to.match(new RegExp(`^${database.dialect}:`));
  });

  it('is a database of its own on a server, and empty after recreate()', async () => {
    if (database.dialect === 'sqlite') {
      expect(() => database.server).to.throw('has no server');
      return;
    }
    const tables = () =>
      database.server.query("SELECT table_name FROM information_schema.tables WHERE table_schema = 'databases'");
    await database.server.query('CREATE TABLE `databases`.t (id INT PRIMARY KEY)');
    expect(await tables()).to.have.length(1);
    await database.recreate();
    expect(await tables()).to.have.length(0);
  });
});
