/** What distinguishes the socket types outside their patterns: number, name, options, and how they are made. */

import {
  COMMON,
  CONFLATE,
  DISCONNECT,
  HELLO,
  HICCUP,
  INVERT_MATCHING,
  NO_DROP,
  ONLY_FIRST_SUBSCRIBE,
  PROBE_ROUTER,
  RECEIVE,
  REQUEST,
  ROUTER,
  ROUTING_ID,
  SEND,
  STREAM,
  X_PUBLISHER,
  X_SUBSCRIBER,
} from '../options/option-table.ts';
import type { OptionValues } from '../options/options.ts';
import { DealerPattern } from '../pattern/dealer.ts';
import { PairPattern } from '../pattern/pair.ts';
import type { Pattern, PatternHost } from '../pattern/pattern.ts';
import { PublishPattern } from '../pattern/publish.ts';
import { PullPattern } from '../pattern/pull.ts';
import { PushPattern } from '../pattern/push.ts';
import { ReplyPattern } from '../pattern/reply.ts';
import { RequestPattern } from '../pattern/request.ts';
import { RouterPattern } from '../pattern/router.ts';
import { StreamPattern } from '../pattern/stream.ts';
import { SubscribePattern } from '../pattern/subscribe.ts';
import { XPublishPattern } from '../pattern/xpublish.ts';
import { XSubscribePattern } from '../pattern/xsubscribe.ts';
import type { Transport } from '../transport/transport.ts';

/** libzmq's numbers (`ZMQ_PAIR` and so on), as the property `type` shows them. */
export const SocketType = {
  Pair: 0,
  Publisher: 1,
  Subscriber: 2,
  Request: 3,
  Reply: 4,
  Dealer: 5,
  Router: 6,
  Pull: 7,
  Push: 8,
  XPublisher: 9,
  XSubscriber: 10,
  Stream: 11,
  Server: 12,
  Client: 13,
  Radio: 14,
  Dish: 15,
  Gather: 16,
  Scatter: 17,
  Datagram: 18,
  Peer: 19,
  Channel: 20,
} as const;

export type SocketType = (typeof SocketType)[keyof typeof SocketType];

/** One socket type. */
export interface SocketTypeSpec {
  /** Its number. */
  readonly type: SocketType;
  /** As in the handshake. */
  readonly name: string;
  /** Its options, those of all sockets included: the class has its properties from here. */
  readonly optionNames: readonly (keyof OptionValues)[];
  /** Values that are not the defaults of the option table. */
  readonly defaults?: Partial<OptionValues>;
  /** A second `connect` to the same endpoint changes nothing (sockets that would only get everything twice). */
  readonly connectsOnce?: boolean;
  /** `ZMQ_THREAD_SAFE`: libzmq's type may be used by several threads, and has messages of one part only. */
  readonly threadSafe?: boolean;
  /** Its connections carry octets as they are, without ZMTP. */
  readonly raw?: boolean;
  /** Its own transports, by scheme; undefined: those of the registry. */
  transports?(): ReadonlyMap<string, Transport>;
  makePattern(host: PatternHost, options: OptionValues, random: () => number): Pattern;
}

const DUPLEX = [...COMMON, ...SEND, ...RECEIVE];

/** By number; the drafts are in draft-types.ts. */
export const SOCKET_TYPES: readonly SocketTypeSpec[] = [
  {
    type: SocketType.Pair,
    name: 'PAIR',
    optionNames: DUPLEX,
    makePattern: (host) => new PairPattern(host),
  },
  {
    type: SocketType.Publisher,
    name: 'PUB',
    optionNames: [...COMMON, ...SEND, ...CONFLATE, ...NO_DROP, ...INVERT_MATCHING],
    connectsOnce: true,
    makePattern: (host, options) => new PublishPattern(host, options),
  },
  {
    type: SocketType.Subscriber,
    name: 'SUB',
    optionNames: [...COMMON, ...RECEIVE, ...CONFLATE, ...INVERT_MATCHING],
    defaults: { linger: 0 },
    connectsOnce: true,
    makePattern: (host, options) => new SubscribePattern(host, options),
  },
  {
    type: SocketType.Request,
    name: 'REQ',
    optionNames: [...DUPLEX, ...ROUTING_ID, ...PROBE_ROUTER, ...REQUEST],
    connectsOnce: true,
    makePattern: (host, options, random) => new RequestPattern(host, options, random),
  },
  {
    type: SocketType.Reply,
    name: 'REP',
    optionNames: [...DUPLEX, ...ROUTING_ID],
    makePattern: (host) => new ReplyPattern(host),
  },
  {
    type: SocketType.Dealer,
    name: 'DEALER',
    optionNames: [...DUPLEX, ...ROUTING_ID, ...HELLO, ...HICCUP, ...PROBE_ROUTER, ...CONFLATE],
    connectsOnce: true,
    makePattern: (host, options) => new DealerPattern(host, options),
  },
  {
    type: SocketType.Router,
    name: 'ROUTER',
    optionNames: [...DUPLEX, ...ROUTING_ID, ...HELLO, ...DISCONNECT, ...PROBE_ROUTER, ...ROUTER],
    makePattern: (host, options, random) => new RouterPattern(host, options, random),
  },
  {
    type: SocketType.Pull,
    name: 'PULL',
    optionNames: [...COMMON, ...RECEIVE, ...CONFLATE],
    makePattern: (host) => new PullPattern(host),
  },
  {
    type: SocketType.Push,
    name: 'PUSH',
    optionNames: [...COMMON, ...SEND, ...CONFLATE],
    makePattern: (host) => new PushPattern(host),
  },
  {
    type: SocketType.XPublisher,
    name: 'XPUB',
    optionNames: [
      ...DUPLEX,
      ...NO_DROP,
      ...X_PUBLISHER,
      ...ONLY_FIRST_SUBSCRIBE,
      ...INVERT_MATCHING,
    ],
    makePattern: (host, options) => new XPublishPattern(host, options),
  },
  {
    type: SocketType.XSubscriber,
    name: 'XSUB',
    optionNames: [...DUPLEX, ...X_SUBSCRIBER, ...ONLY_FIRST_SUBSCRIBE],
    defaults: { linger: 0 },
    makePattern: (host, options) => new XSubscribePattern(host, options),
  },
  {
    type: SocketType.Stream,
    name: 'STREAM',
    optionNames: [...DUPLEX, ...STREAM],
    raw: true,
    makePattern: (host, options, random) => new StreamPattern(host, options, random),
  },
];

/** The options of a type in the table, those of all sockets included. */
export function optionsOf(type: SocketType): SocketTypeSpec['optionNames'] {
  return SOCKET_TYPES[type]!.optionNames;
}
