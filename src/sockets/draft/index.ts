/** The door `zeromq-pure/draft`: socket types that are drafts in libzmq, under the names of zeromq.js where it has them. */

export { Channel } from './channel.ts';
export { Client } from './client.ts';
export { Datagram } from './datagram.ts';
export { Dish, type DishGroupOptions } from './dish.ts';
export { Gather } from './gather.ts';
export { Peer } from './peer.ts';
export { Radio, type RadioGroupOptions } from './radio.ts';
export type { RoutedSocket, ServerRoutingOptions } from './routed-socket.ts';
export { Scatter } from './scatter.ts';
export { Server } from './server.ts';
