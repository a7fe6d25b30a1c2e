// A worker process. Never run: it is compiled, line by line as it stands here.
import { createApp } from '../expected/generated/index.js';

const app = createApp();
await app.start();
await app.trigger('closeUnpaidOrders', { olderThan: '30m' });
await app.trigger('closeUnpaidOrders');
await app.trigger('shipOrders');
// @ts-expect-error shipOrders takes no input
await app.trigger('shipOrders', 1);
// @ts-expect-error unknown job
await app.trigger('nope');
// @ts-expect-error wrong input
await app.trigger('closeUnpaidOrders', { olderThan: 30 });
await app.stop();
