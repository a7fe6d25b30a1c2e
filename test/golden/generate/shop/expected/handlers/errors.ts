/** The gateway did not answer in time. */
export class GatewayTimeout extends Error {}
