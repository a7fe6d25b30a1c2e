/** Somebody else has it. */
export class Busy extends Error {}
