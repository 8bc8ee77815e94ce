/** ThreadPort: a MessagePort that does not keep its thread alive, on each runtime. */

import { setImmediate } from 'node:timers';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { RUNTIME } from '../../base/runtime.ts';

/** Reads `port`: calls `took` with each value, then `lost` when the port is closed. */
export function takeFrom(
  port: MessagePort,
  took: (value: unknown) => void,
  lost: () => void,
): void {
  const target = port as unknown as EventTarget;
  const letGo = RUNTIME === 'deno' ? goodbye(port) : undefined;
  target.addEventListener('message', (event) => {
    letGo?.();
    took((event as MessageEvent).data);
  });
  target.addEventListener('close', lost);
  port.start();
  port.unref();
}

/** `port`, handed over by `postMessageToThread`, as a port of Node. Under Deno it is none yet, and would not report its end. */
export function handedOver(port: MessagePort): MessagePort {
  if (typeof port.on === 'function') return port;
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(port, [port]);
  const whole = receiveMessageOnPort(port2)?.message as MessagePort;
  port1.close();
  return whole;
}

/** Under Deno `unref` holds for the next message only, and has no effect before the turn after that message. */
function goodbye(port: MessagePort): () => void {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    setImmediate(() => {
      due = false;
      port.ref();
      port.unref();
    });
  };
}
