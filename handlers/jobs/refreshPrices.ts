import type { JobHandler } from '../../generated/index.js';
import { loadPrices } from '../shop/prices.js';
import { openShop } from '../shop/tables.js';

/** Load the price list into memory. `globalSingle: false`: every instance has a memory of its own, so every one runs it. */
export const refreshPrices: JobHandler<'refreshPrices'> = async ({ sequelize, log }) => {
  const products = await loadPrices(await openShop(sequelize));
  log.info({ products }, 'prices loaded');
};
