// How far a run reaches for its rows. Alone it takes the first batch in order; where others take the same rows it looks at
// several batches and draws one, so that instances rarely wait for each other's locks. Doubles with every collision, halves
// after a while without.
const MOST = 16;
const CALM = 8;

export class Spread {
  #batches = 1;
  #calm = 0;

  /** How many batches to choose from. */
  get batches(): number {
    return this.#batches;
  }

  /** Of `wanted` rows this instance got so many. */
  observe(wanted: number, got: number): void {
    const collided = got < wanted;
    this.#calm = collided ? 0 : this.#calm + 1;
    if (collided) this.#batches = Math.min(MOST, this.#batches * 2);
    if (this.#calm < CALM) return;
    this.#calm = 0;
    this.#batches = Math.max(1, this.#batches / 2);
  }
}
