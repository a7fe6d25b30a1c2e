// Makes the shop's tables; `npm start` runs it first. An instance looks at the tables whose rows it is to claim when it
// starts, so they must be there by then. An application would do this in its own migrations.
import { createApp } from '../../generated/index.js';
import { openShop } from './tables.js';

const app = createApp({ schedule: false, logger: false }); // a process that runs no jobs
await app.start();
await openShop(app.sequelize);
await app.stop();
