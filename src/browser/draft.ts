/** The door `zeromq-pure/draft` of browsers: the draft types, but for DGRAM, which is of udp alone. */

export {
  Channel,
  Client,
  Dish,
  Gather,
  Peer,
  Radio,
  Scatter,
  Server,
} from '../sockets/draft/index.ts';
