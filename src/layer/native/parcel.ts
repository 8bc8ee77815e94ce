/** Parcel: one message that a hub has accepted, until it is out of the hub's hands in every copy. */

/** Whom the hub tells how many of its messages are still in its hands. */
export interface ParcelSender {
  held: number;
}

/**
 * A copy is in the hub's hands from when it is accepted until the process that it goes to has it, or it is refused, expired or
 * lost. What a sender's parcels count is what is lost when the hub dies.
 */
export class Parcel {
  readonly #sender: ParcelSender | undefined;
  #copies = 0;

  constructor(sender: ParcelSender | undefined) {
    this.#sender = sender;
  }

  hold(): void {
    if (this.#copies++ === 0 && this.#sender !== undefined) this.#sender.held++;
  }

  letGo(): void {
    if (--this.#copies === 0 && this.#sender !== undefined) this.#sender.held--;
  }
}
