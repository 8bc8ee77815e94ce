/** Dish: DISH, receives what is sent to the groups that it has joined (RFC 48). */

import { type Part, ReceivingSocket } from '../api/sending-receiving.ts';
import type { SocketOptions } from '../api/socket-options.ts';
import { DISH } from '../core/draft-types.ts';
import type { CallOptions } from '../core/waiter.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type { ReceiveOptions } from '../options/options.ts';
import type { DishPattern } from '../pattern/dish.ts';
import { toGroup } from '../pattern/group.ts';

/** Which group a message was sent to. */
export interface DishGroupOptions {
  /** The name of the group, at most 255 octets. */
  group: Buffer;
}

export interface Dish extends ReceiveOptions {}

/** Receives, from all its Radio peers, what is sent to the groups that it has joined, and with each message its group. */
export class Dish extends ReceivingSocket<[Part, DishGroupOptions]> {
  constructor(options?: SocketOptions<Dish>) {
    super(DISH, options);
  }

  /**
   * `zmq_join`. Receive what is sent to these groups: each at most 255 octets, text as UTF-8, up to the first NUL. Throws
   * `EINVAL` for one that is joined already; the groups before it are then joined.
   */
  join(...values: (Buffer | string)[]): void {
    const pattern = this.settable().pattern as DishPattern;
    for (const group of values.map(toGroup)) pattern.join(group);
  }

  /** `zmq_leave`. Messages to these groups that have arrived are not received, either. Throws `EINVAL` for one not joined. */
  leave(...values: (Buffer | string)[]): void {
    const pattern = this.settable().pattern as DishPattern;
    for (const group of values.map(toGroup)) pattern.leave(group);
  }

  override receive(options?: CallOptions): Promise<[Part, DishGroupOptions]> {
    return this.open().incoming.receive(options).then(grouped);
  }

  override tryReceive(): [Part, DishGroupOptions] | undefined {
    const message = this.open().incoming.tryReceive();
    return message && grouped(message);
  }

  override receiveMany(options?: CallOptions): Promise<[Part, DishGroupOptions][]> {
    return this.open()
      .incoming.receiveMany(options)
      .then((all) => all.map(grouped));
  }
}

defineOptions(Dish.prototype, DISH.optionNames);

function grouped([body, group]: readonly Buffer[]): [Part, DishGroupOptions] {
  return [body!, { group: group! }];
}
