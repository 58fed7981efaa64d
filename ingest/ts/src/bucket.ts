/** The rate limits of a server, as its client keeps them. */

/** So much a second, and so much at once. */
export class Bucket {
  readonly #perS: number;
  readonly #most: number;
  #left: number;
  #atMs: number;

  constructor(perS: number, most: number, nowMs: number) {
    this.#perS = Math.max(perS, 1);
    this.#most = Math.max(most, 1);
    this.#left = this.#most;
    this.#atMs = nowMs;
  }

  take(amount: number, nowMs: number): void {
    const gained = (Math.max(nowMs - this.#atMs, 0) / 1000) * this.#perS;
    this.#left = Math.min(this.#left + gained, this.#most) - amount;
    this.#atMs = nowMs;
  }

  /** Something may leave as long as anything is left; a large frame is paid off afterwards. */
  readyAtMs(): number {
    return this.#atMs + (Math.max(-this.#left, 0) / this.#perS) * 1000;
  }
}
