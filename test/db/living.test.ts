// Who shares the work, as the live display and the requests of the command line see it.
import { expect } from 'chai';
import { readLiving } from '../../cli/session.js';
import { APP, eachWorld } from '../support/world.js';

eachWorld((world) => {
  it('counts an instance that runs jobs, and not a process that only asks or sets up', async () => {
    await world.member({ scheduling: false });
    expect(await readLiving(world.database, APP)).to.deep.equal([]);
    const { instance } = await world.member();
    expect((await readLiving(world.database, APP)).map(({ id }) => id)).to.deep.equal([instance.id]);
  });
});
