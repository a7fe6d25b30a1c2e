// How far a run reaches for its rows. Alone it takes the first batch in order; where others take the same rows it looks at
// several batches and draws one, so that instances rarely wait for each other's locks. Doubles with every collision, halves
// after a while without.
/** Batches to choose from, by their size: few large ones, so that a look stays cheap. */
const MOST_ROWS = 2_000;
const MOST_BATCHES = 64;
const LEAST_MOST = 4;
const CALM = 32;

export class Spread {
  readonly #most: number;
  #batches = 1;
  #calm = 0;

  constructor(batch: number) {
    this.#most = Math.max(LEAST_MOST, Math.min(MOST_BATCHES, Math.floor(MOST_ROWS / batch)));
  }

  /** How many batches to choose from. */
  get batches(): number {
    return this.#batches;
  }

  /** Of `wanted` rows this instance got so many. */
  observe(wanted: number, got: number): void {
    const collided = got < wanted;
    this.#calm = collided ? 0 : this.#calm + 1;
    if (collided) this.#batches = Math.min(this.#most, this.#batches * 2);
    if (this.#calm < CALM) return;
    this.#calm = 0;
    this.#batches = Math.max(1, Math.floor(this.#batches / 2));
  }
}
