/** Counts the messages of a queue, so that a burst cannot use up the memory. */
export class Backpressure {
  readonly #capacity: number;
  readonly #onRoom: () => void;
  #taken = 0;
  #hasRefused = false;

  /** @param onRoom called after a refusal, once half of the room is free */
  constructor(capacity: number, onRoom: () => void) {
    this.#capacity = capacity;
    this.#onRoom = onRoom;
  }

  /** The number of messages. */
  get taken(): number {
    return this.#taken;
  }

  /** False when there is no room for another message. */
  take(): boolean {
    if (this.#taken >= this.#capacity) {
      this.#hasRefused = true;
      return false;
    }
    this.#taken += 1;
    return true;
  }

  give(messages: number): void {
    this.#taken -= messages;
    if (!this.#hasRefused || this.#taken > this.#capacity / 2) return;
    this.#hasRefused = false;
    this.#onRoom();
  }
}
