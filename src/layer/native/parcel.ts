/** Parcel: one message that a hub has accepted, until the hub holds no copy of it. */

/** The sender of messages, which is told how many of them the hub holds. */
export interface ParcelSender {
  held: number;
}

/**
 * The hub holds a copy from when it is accepted until the process that it goes to has received it, or it is refused, expired or
 * lost. The messages of a sender that the hub holds are lost if the hub dies.
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
