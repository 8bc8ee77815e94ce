/** Stream: STREAM, raw connections over tcp or ipc by id. */

import { optionsOf, SocketType } from '../core/socket-type.ts';
import { SocketError } from '../errors.ts';
import type { MessageLike } from '../message.ts';
import { defineOptions } from '../options/option-accessors.ts';
import { OPTIONS } from '../options/option-table.ts';
import type { ReceiveOptions, SendOptions, StreamSocketOptions } from '../options/options.ts';
import type { StreamPattern } from '../pattern/stream.ts';
import type { RouterConnectOptions } from './router.ts';
import { DuplexSocket } from './sending-receiving.ts';
import type { SocketOptions } from './socket-options.ts';

/** Options of one `connect` of a Stream: the same as those of a Router. */
export interface StreamConnectOptions extends RouterConnectOptions {}

export interface Stream extends SendOptions, ReceiveOptions, StreamSocketOptions {}

/**
 * A message is `[id, octets]`: octets received from, or sent to, the connection with that id. Empty octets are received when a
 * peer connects and when it disconnects (see `notify`); sending them closes the connection.
 */
export class Stream extends DuplexSocket<
  [id: MessageLike, octets: MessageLike],
  [id: Buffer, octets: Buffer]
> {
  constructor(options?: SocketOptions<Stream>) {
    super(SocketType.Stream, options);
  }

  /** Like `Socket.connect`, tcp and ipc only; also throws `EADDRINUSE` for a `routingId` that this socket already uses. */
  override connect(address: string, options: StreamConnectOptions = {}): void {
    const inner = this.open();
    const id = OPTIONS.routingId.parse(options.routingId ?? null, 'routingId') ?? undefined;
    if (id !== undefined && (inner.pattern as StreamPattern).knows(id)) {
      throw new SocketError('EADDRINUSE', { address });
    }
    inner.endpoints.connect(address, id);
  }
}

defineOptions(Stream.prototype, optionsOf(SocketType.Stream));
