// The price list as this process knows it. Every instance has its own copy, and a job that runs on every instance
// (refreshPrices, globalSingle: false) keeps it fresh.
import type { Shop } from './tables.js';

const prices = new Map<string, number>();

/** Reads the list again; how many products it has. */
export async function loadPrices({ products }: Shop): Promise<number> {
  const list = await products.findAll();
  prices.clear();
  for (const { name, cents } of list) prices.set(name, cents);
  return prices.size;
}

/** Cents by product; read at the first use. */
export async function currentPrices(shop: Shop): Promise<ReadonlyMap<string, number>> {
  if (prices.size === 0) await loadPrices(shop);
  return prices;
}
