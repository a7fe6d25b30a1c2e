// A payment gateway as shops know them: slow, and busy every now and then. This one only pretends.
import { setTimeout as delay } from 'node:timers/promises';
import { BizRetryNeedError } from 'dal-job';

const BUSY = 0.35;
const DECLINED = 0.15;

export class GatewayBusy extends Error {
  override readonly name = 'GatewayBusy';
}

/** Takes the money from a wallet; a second time for the same order does nothing. @throws GatewayBusy */
export async function chargeWallet(_orderId: number, signal: AbortSignal): Promise<void> {
  await delay(50 + Math.random() * 150, undefined, { signal });
  if (Math.random() < BUSY) throw new GatewayBusy('wallet gateway busy');
}

/** Charges a batch of cards. Answers which orders were paid. @throws BizRetryNeedError worth another try in a moment */
export async function charge(orderIds: readonly number[], signal: AbortSignal): Promise<readonly number[]> {
  await delay(200 + Math.random() * 600, undefined, { signal });
  if (Math.random() < BUSY) throw new BizRetryNeedError('card gateway busy');
  return orderIds.filter(() => Math.random() > DECLINED);
}
