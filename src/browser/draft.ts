/** The door `zeromq-pure/draft` of browsers: the draft types, except DGRAM, which needs udp. */

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
