/** OneReader: a reader of mailboxes that passes on what it takes. */

import { Reader } from '../../../src/layer/local/box.ts';
import type { Letter } from '../../../src/layer/local/letter.ts';

export class OneReader extends Reader {
  readonly #taken: (letter: Letter) => void;

  constructor(taken: (letter: Letter) => void = () => {}) {
    super();
    this.#taken = taken;
  }

  take(letter: Letter): void {
    this.#taken(letter);
  }
}
