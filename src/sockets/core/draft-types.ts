/** Draft types: what distinguishes the socket types that are drafts in libzmq. They are apart, so that who has none loads none. */

import {
  COMMON,
  CONFLATE,
  DISCONNECT,
  HELLO,
  HICCUP,
  NO_DROP,
  RECEIVE,
  SEND,
} from '../options/option-table.ts';
import type { OptionValues } from '../options/options.ts';
import { ChannelPattern } from '../pattern/channel.ts';
import { ClientPattern } from '../pattern/client.ts';
import { DatagramPattern } from '../pattern/datagram.ts';
import { DishPattern } from '../pattern/dish.ts';
import { PeerPattern } from '../pattern/peer.ts';
import { PullPattern } from '../pattern/pull.ts';
import { RadioPattern } from '../pattern/radio.ts';
import { ScatterPattern } from '../pattern/scatter.ts';
import { ServerPattern } from '../pattern/server.ts';
import { transports } from '../transport/registry.ts';
import type { Transport } from '../transport/transport.ts';
import { udp } from '../transport/udp.ts';
import { SocketType, type SocketTypeSpec } from './socket-type.ts';

/** A peer that sends more parts breaks the protocol of these types. */
const ONE_PART: Partial<OptionValues> = { maxMessageParts: 1 };

export const SERVER: SocketTypeSpec = {
  type: SocketType.Server,
  name: 'SERVER',
  optionNames: [...COMMON, ...SEND, ...RECEIVE, ...HELLO, ...DISCONNECT],
  defaults: ONE_PART,
  threadSafe: true,
  makePattern: (host, _options, random) => new ServerPattern(host, random),
};

export const CLIENT: SocketTypeSpec = {
  type: SocketType.Client,
  name: 'CLIENT',
  optionNames: [...COMMON, ...SEND, ...RECEIVE, ...HELLO, ...HICCUP],
  defaults: ONE_PART,
  threadSafe: true,
  makePattern: (host) => new ClientPattern(host),
};

export const RADIO: SocketTypeSpec = {
  type: SocketType.Radio,
  name: 'RADIO',
  optionNames: [...COMMON, ...SEND, ...NO_DROP],
  defaults: ONE_PART,
  threadSafe: true,
  transports: withUdp,
  makePattern: (host, options) => new RadioPattern(host, options),
};

export const DISH: SocketTypeSpec = {
  type: SocketType.Dish,
  name: 'DISH',
  optionNames: [...COMMON, ...RECEIVE],
  // The group, and the one part.
  defaults: { maxMessageParts: 2, linger: 0 },
  threadSafe: true,
  transports: withUdp,
  makePattern: (host) => new DishPattern(host),
};

export const GATHER: SocketTypeSpec = {
  type: SocketType.Gather,
  name: 'GATHER',
  optionNames: [...COMMON, ...RECEIVE, ...CONFLATE],
  defaults: ONE_PART,
  threadSafe: true,
  makePattern: (host) => new PullPattern(host),
};

export const SCATTER: SocketTypeSpec = {
  type: SocketType.Scatter,
  name: 'SCATTER',
  optionNames: [...COMMON, ...SEND, ...CONFLATE],
  defaults: ONE_PART,
  threadSafe: true,
  makePattern: (host) => new ScatterPattern(host),
};

export const DATAGRAM: SocketTypeSpec = {
  type: SocketType.Datagram,
  name: 'DGRAM',
  optionNames: [...COMMON, ...SEND, ...RECEIVE],
  raw: true,
  transports: () => new Map<string, Transport>([[udp.scheme, udp]]),
  makePattern: (host) => new DatagramPattern(host),
};

export const PEER: SocketTypeSpec = {
  type: SocketType.Peer,
  name: 'PEER',
  optionNames: [...COMMON, ...SEND, ...RECEIVE, ...HELLO, ...DISCONNECT, ...HICCUP],
  defaults: ONE_PART,
  threadSafe: true,
  makePattern: (host, _options, random) => new PeerPattern(host, random),
};

export const CHANNEL: SocketTypeSpec = {
  type: SocketType.Channel,
  name: 'CHANNEL',
  optionNames: [...COMMON, ...SEND, ...RECEIVE],
  defaults: ONE_PART,
  threadSafe: true,
  makePattern: (host) => new ChannelPattern(host),
};

function withUdp(): ReadonlyMap<string, Transport> {
  return new Map([...transports, [udp.scheme, udp]]);
}
