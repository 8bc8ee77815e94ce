/** The door `zeromq-pure/draft`: socket types that are drafts in libzmq, under the names of zeromq.js. */

export { Client } from './client.ts';
export { Datagram } from './datagram.ts';
export { Dish, type DishGroupOptions } from './dish.ts';
export { Gather } from './gather.ts';
export { Radio, type RadioGroupOptions } from './radio.ts';
export { Scatter } from './scatter.ts';
export { Server, type ServerRoutingOptions } from './server.ts';
