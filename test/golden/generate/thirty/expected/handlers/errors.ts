/** The payment gateway did not answer in time. */
export class GatewayTimeout extends Error {}
