import { col, fn, Op } from 'sequelize';
import type { JobHandler } from '../../generated/index.js';
import { openShop } from '../shop/tables.js';

const DAY_MS = 86_400_000;

/** Sum up the sales of the last days. It has no cron; `input` is what the one who asked handed in, checked by its type. */
export const reportSales: JobHandler<'reportSales'> = async ({ input, fireTimeMs, sequelize, log }) => {
  const { orders } = await openShop(sequelize);
  const createdAt = { [Op.gt]: new Date(fireTimeMs - input.days * DAY_MS) };
  const sums = (await orders.findAll({
    attributes: ['status', [fn('COUNT', col('id')), 'orders'], [fn('SUM', col('cents')), 'cents']],
    where: { createdAt },
    group: 'status',
    order: ['status'],
    raw: true,
  })) as unknown as readonly { status: string; orders: number; cents: number | string }[];
  for (const sum of sums) log.info({ ...sum, cents: Number(sum.cents) }, 'sales report');
};
