/** KeepAlive: what lets a process end while sockets are idle, and not while something waits. */

/**
 * Everything that a socket opens is unreferenced; one timer, referenced while somebody holds, keeps the
 * event loop running for all.
 */
export class KeepAlive {
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  hold(): void {
    if (this.#count++ > 0) return;
    if (this.#timer === undefined) this.#timer = setInterval(() => {}, LONG);
    else this.#timer.ref();
  }

  release(): void {
    if (--this.#count === 0) this.#timer?.unref();
  }
}

const LONG = 0x7fff_ffff;
