/** A connection over frames that are not those of ZMTP 3.1. */

import t from 'tap';
import {
  COMMAND_FOUND,
  Connection,
  type FrameDecoder,
  type FrameEncoder,
  type Framing,
  MESSAGE,
  type Message,
  NEED_MORE,
  nullMechanism,
} from '../../src/zmtp/index.ts';

/** Each chunk is a whole frame: its first octet says whether it is a command. No greeting, one part. */
function boundedFraming(): Framing {
  const chunks: Buffer[] = [];
  const decoder: FrameDecoder = {
    message: [] as unknown as Message,
    command: Buffer.alloc(0),
    error: undefined,
    limits: { maxFrameSize: 0, maxParts: 0 },
    mendsLongCommands: false,
    place: undefined,
    get pending() {
      return chunks.length > 0;
    },
    push: (chunk) => chunks.push(chunk),
    placed() {},
    release() {},
    clear() {
      chunks.length = 0;
    },
    next() {
      const chunk = chunks.shift();
      if (chunk === undefined) return NEED_MORE;
      const body = chunk.subarray(1);
      if (chunk[0] === 1) this.command = body;
      else this.message = [body];
      return chunk[0] === 1 ? COMMAND_FOUND : MESSAGE;
    },
  };
  const frames: Buffer[] = [];
  const encoder: FrameEncoder = {
    get pending() {
      return frames.length;
    },
    raw() {},
    message: ([part]) => frames.push(Buffer.concat([Buffer.from([0]), part!])),
    command: (body) => frames.push(Buffer.concat([Buffer.from([1]), body])),
    take: () => frames.splice(0),
    written() {},
  };
  return { decoder, encoder };
}

function open(socketType: 'PUSH' | 'PULL'): Connection {
  const none = { heartbeatInterval: 0, heartbeatTimeToLive: 0, heartbeatTimeout: -1 };
  return new Connection(
    {
      ...none,
      socketType,
      routingId: undefined,
      mechanism: nullMechanism,
      maxMessageSize: -1,
      maxMessageParts: 0,
      handshakeInterval: 0,
      framing: boundedFraming(),
    },
    0,
  );
}

t.test('a framing without a greeting begins with the handshake', async (t) => {
  const push = open('PUSH');
  const pull = open('PULL');
  t.equal(push.state, 'handshake');
  for (const frame of push.take()) pull.arrived(frame, 0);
  for (const frame of pull.take()) push.arrived(frame, 0);
  t.equal(push.next(), undefined);
  t.equal(pull.next(), undefined);
  t.equal(pull.state, 'traffic');
  t.match(pull.peer, { socketType: 'PUSH', minor: 1 });
  push.send([Buffer.from('one')]);
  push.send([Buffer.from('two')]);
  const frames = push.take();
  t.equal(frames.length, 2, 'one Buffer for each frame');
  for (const frame of frames) pull.arrived(frame, 0);
  t.same([pull.next(), pull.next()].map(String), ['one', 'two']);
});
