/** Credits: how many messages of ordinary channels a process requests from a hub ahead of its readers. */

import type { Letter } from '../local/letter.ts';
import type { LocalState } from '../local/local-state.ts';

/** What credits call. */
export interface CreditsHost {
  /** Tells the hub to hand over `delta` messages more of `channel`, or fewer. */
  grant(channel: string, delta: number): void;
  /** Gives letters back to the hub that no reader here takes. Returns whether there are some that the hub has in its ledger. */
  back(letters: readonly Letter[]): boolean;
  /** `settle` is to be called soon. */
  wake(): void;
}

/**
 * A lone `receive` requests one message. For a reader that receives again at once the window doubles, up to 256 messages.
 * Messages for which no reader waits go back to the hub after 50 ms, or when another process wants them.
 */
export class Credits {
  readonly #local: LocalState;
  readonly #host: CreditsHost;
  readonly #channels = new Map<string, Credit>();
  readonly #dirty = new Set<Credit>();
  /** Counts the reports to the hub of messages that go back. */
  #report = 0;
  /** Unread messages that no reader gets until the hub has answered. */
  #withheld: { readonly channel: string; readonly letter: Letter }[] = [];

  constructor(local: LocalState, host: CreditsHost) {
    this.#local = local;
    this.#host = host;
  }

  /** One more `receive` waits at `channel`. */
  want(channel: string): void {
    const credit = this.#of(channel);
    const now = this.#local.now();
    if (now - credit.usedAt > BUSY) {
      credit.window = 1;
      credit.readCount = 0;
    }
    credit.usedAt = now;
    this.#touch(credit);
  }

  /** A `receive` no longer waits at `channel`. */
  unwant(channel: string): void {
    const credit = this.#channels.get(channel);
    if (credit === undefined || this.#local.waitingAt(channel) > 0) return;
    this.#giveBack(credit);
  }

  /**
   * Whether messages of `channel` that arrive go back, too: earlier ones are on their way back, and would be read behind them. Until
   * the hub has heard of those, it is granted nothing.
   */
  isReturning(channel: string): boolean {
    return this.#channels.get(channel)?.returning !== undefined;
  }

  /** A message of `channel` goes back as it arrives, and so do those that arrive behind it. */
  refused(channel: string): void {
    const credit = this.#of(channel);
    if (credit.granted > 0) credit.granted--;
    credit.returning ??= this.#report;
    this.#cancel(credit);
  }

  /** The hub is being told what goes back; the function returned is to be called when it has heard. */
  reported(): () => void {
    const report = this.#report++;
    return () => {
      for (const credit of this.#channels.values()) {
        if (credit.returning !== report) continue;
        credit.returning = undefined;
        if (this.#local.waitingAt(credit.channel) > 0) this.#touch(credit);
      }
    };
  }

  /** A message has arrived, and is unread until `read`. It may have been on its way when its credit was taken back. */
  arrived(channel: string): void {
    const credit = this.#of(channel);
    if (credit.granted > 0) credit.granted--;
    credit.unread++;
  }

  /** A message of `channel` has left the mailboxes. Hot. */
  read(channel: string): void {
    const credit = this.#channels.get(channel);
    if (credit === undefined) return;
    if (credit.unread > 0) credit.unread--;
    const now = this.#local.now();
    credit.usedAt = now;
    if (++credit.readCount >= credit.window) {
      // A window read within BUSY is too small for this reader.
      if (now - credit.readSince <= BUSY) credit.window = Math.min(WINDOW_MAX, credit.window * 2);
      credit.readCount = 0;
      credit.readSince = now;
    }
    if (credit.window > 1 && (credit.granted + credit.unread) * 2 < credit.window) {
      this.#touch(credit);
    }
  }

  /** The hub wants unread messages of `channel` for another process: gives back all, or half while a reader is busy. */
  recall(channel: string): void {
    const credit = this.#channels.get(channel);
    if (credit === undefined || credit.unread === 0) return;
    const isBusy = this.#local.now() - credit.usedAt < BUSY;
    if (!isBusy) this.#giveBack(credit);
    else this.#back(credit, Math.ceil(credit.unread / 2));
  }

  /** The hub does not allow this process to read `channel`, and will hand over nothing of it. */
  denied(channel: string): void {
    const credit = this.#channels.get(channel);
    if (credit === undefined) return;
    this.#dirty.delete(credit);
    credit.granted = 0;
    if (credit.unread === 0) this.#channels.delete(channel);
  }

  /** Tells the hub which credits have changed. */
  settle(): void {
    for (const credit of this.#dirty) {
      if (credit.returning !== undefined) continue;
      const waiting = this.#local.waitingAt(credit.channel);
      const target = Math.max(waiting, credit.window);
      const missing = target - credit.granted - (waiting > 0 ? 0 : credit.unread);
      if (missing > 0) {
        credit.granted += missing;
        this.#host.grant(credit.channel, missing);
      }
    }
    this.#dirty.clear();
  }

  /** Forgets all grants, as on a new connection; `again`: requests messages anew for the readers that wait. */
  reset(again: boolean): void {
    this.#dirty.clear();
    for (const credit of this.#channels.values()) {
      credit.granted = 0;
      credit.window = 1;
      credit.returning = undefined;
      if (again && this.#local.waitingAt(credit.channel) > 0) this.#touch(credit);
    }
  }

  /** The hub does not know this process: unread messages stay until they are read, but no longer count. */
  restart(): void {
    for (const credit of this.#channels.values()) credit.unread = 0;
  }

  /** The connection is lost: the hub may give unread messages to others, so none is read here until the hub has answered. */
  withhold(): void {
    for (const credit of this.#channels.values()) {
      const { channel, unread } = credit;
      const letters = this.#local.takeBack(channel, unread).reverse();
      for (const letter of letters) this.#withheld.push({ channel, letter });
      credit.unread = 0;
    }
  }

  /** Withheld messages may be read again; `counted`: the hub has them in its ledger. */
  release(counted: boolean): void {
    const released = this.#withheld;
    this.#withheld = [];
    for (const { channel, letter } of released) {
      const credit = this.#channels.get(channel);
      if (counted && credit !== undefined) credit.unread++;
      this.#local.deliver(channel, letter, Number.POSITIVE_INFINITY);
    }
  }

  /** Drops messages that expired while they were withheld. */
  expire(now: number): void {
    const withheld = this.#withheld;
    if (withheld.length === 0) return;
    this.#withheld = withheld.filter(({ letter }) => letter.expiresAt > now);
    for (const { channel, letter } of withheld) {
      if (letter.expiresAt <= now) this.#local.deliver(channel, letter);
    }
  }

  /** Takes out all unread messages, without telling the hub. */
  takeAll(): Letter[] {
    const letters = this.#withheld.map(({ letter }) => letter);
    this.#withheld = [];
    for (const credit of this.#channels.values()) {
      letters.push(...this.#local.takeBack(credit.channel, credit.unread));
      credit.unread = 0;
    }
    return letters;
  }

  /** Gives back the messages of channels at which no reader has waited for IDLE milliseconds. */
  sweep(now: number): void {
    for (const [channel, credit] of this.#channels) {
      if (now - credit.usedAt < IDLE || this.#local.waitingAt(channel) > 0) continue;
      this.#giveBack(credit);
      if (credit.unread === 0 && credit.returning === undefined) this.#channels.delete(channel);
    }
  }

  #of(channel: string): Credit {
    let credit = this.#channels.get(channel);
    if (credit === undefined) {
      const usedAt = Number.NEGATIVE_INFINITY;
      credit = {
        channel,
        granted: 0,
        unread: 0,
        window: 1,
        returning: undefined,
        readCount: 0,
        readSince: usedAt,
        usedAt,
      };
      this.#channels.set(channel, credit);
    }
    return credit;
  }

  #giveBack(credit: Credit): void {
    this.#cancel(credit);
    if (this.#back(credit, credit.unread)) credit.returning ??= this.#report;
  }

  #cancel(credit: Credit): void {
    credit.window = 1;
    if (credit.granted > 0) this.#host.grant(credit.channel, -credit.granted);
    credit.granted = 0;
  }

  /** Returns whether the hub is to hear of it. */
  #back(credit: Credit, count: number): boolean {
    if (count === 0) return false;
    const letters = this.#local.takeBack(credit.channel, count);
    credit.unread -= letters.length;
    return letters.length > 0 && this.#host.back(letters);
  }

  #touch(credit: Credit): void {
    if (this.#dirty.size === 0) this.#host.wake();
    this.#dirty.add(credit);
  }
}

interface Credit {
  readonly channel: string;
  /** Messages that the hub may still hand over. */
  granted: number;
  /** Messages here that are unread. */
  unread: number;
  /** Messages requested ahead of the readers; 1 for a lone `receive`. */
  window: number;
  /** The report by which the hub hears that all messages here have gone back, until it has; undefined: none have. */
  returning: number | undefined;
  /** Messages read since `readSince`, fewer than the window. */
  readCount: number;
  readSince: number;
  usedAt: number;
}

const WINDOW_MAX = 256;
/** Milliseconds within which a reader that goes on receives again. */
const BUSY = 10;
/** Milliseconds after which a reader counts as gone. */
const IDLE = 50;
