/** Endpoints: what a socket has bound and connected, each with the options that it was opened with. */

import { SocketError } from '../errors.ts';
import type { OptionValues } from '../options/options.ts';
import { type Flushed, together } from '../transport/flushed.ts';
import { transportOf } from '../transport/registry.ts';
import type {
  ListeningEndpoint,
  OpenEndpoint,
  Transport,
  TransportHost,
} from '../transport/transport.ts';
import type { Ending } from './ending.ts';
import type { EndpointSecurity } from './endpoint-security.ts';
import type { SocketTypeSpec } from './socket-type.ts';

/** The socket whose endpoints they are. */
export interface EndpointsHost extends TransportHost {
  /** The options as they are now. */
  readonly values: OptionValues;
  readonly security: EndpointSecurity;
}

export class Endpoints {
  /** The address of the last one that was opened; null before the first. */
  last: string | null = null;
  readonly #host: EndpointsHost;
  readonly #spec: SocketTypeSpec;
  readonly #ending: Ending;
  readonly #open: OpenEndpoint[] = [];
  /** Reconnections of endpoints that are gone. */
  #reconnectsBefore = 0;

  /** `ending`: takes over the endpoints that are told to end. */
  constructor(host: EndpointsHost, spec: SocketTypeSpec, ending: Ending) {
    this.#host = host;
    this.#spec = spec;
    this.#ending = ending;
  }

  get count(): number {
    return this.#open.length;
  }

  /** Messages that have not left this process, those of endpoints that were told to end too. */
  get unsentCount(): number {
    let count = this.#ending.unsentCount;
    for (const endpoint of this.#open) count += endpoint.unsentCount;
    return count;
  }

  /** Connections made after the first, also by endpoints that are gone. */
  get reconnectCount(): number {
    let count = this.#reconnectsBefore;
    for (const endpoint of this.#open) count += endpoint.reconnectCount;
    return count;
  }

  /** Binds to `text`. Until it settles, options that protect come too late. */
  async bind(text: string): Promise<void> {
    const { security } = this.#host;
    const transport = this.#transportOf(text);
    const endpoint = transport.parseBind(text);
    this.#refuseForeign(transport, 'bind', text);
    const values = this.#valuesFor(transport, 'bind');
    try {
      if (transport.handshakes) security.binding(values);
      const preparing = security.prepare(values);
      if (preparing !== undefined) await preparing;
      const listener = transport.listen({ host: this.#host, endpoint, values, text });
      const listening = listener.listen();
      if (listening !== undefined) await listening;
      this.#bound(listener, transport, values);
    } finally {
      security.binding(undefined);
    }
  }

  bindSync(text: string): void {
    const transport = this.#transportOf(text);
    const endpoint = transport.parseBind(text);
    this.#refuseForeign(transport, 'bind', text);
    const values = this.#valuesFor(transport, 'bind');
    const listener = transport.listen({ host: this.#host, endpoint, values, text });
    listener.listenSync();
    this.#bound(listener, transport, values);
  }

  async unbind(text: string): Promise<void> {
    const endpoint = this.#find('bind', text);
    this.#forget(endpoint);
    await endpoint.close();
  }

  /** As `unbind`, without a promise: the address is free on the next turn of the event loop. */
  unbindSync(text: string): void {
    const endpoint = this.#find('bind', text);
    this.#forget(endpoint);
    this.#ending.lingerOver(endpoint, 0);
  }

  connect(text: string, connectRoutingId?: Buffer): void {
    const transport = this.#transportOf(text);
    const endpoint = transport.parseConnect(text);
    this.#refuseForeign(transport, 'connect', text);
    this.last = text;
    for (const each of this.#open.filter((each) => isConnect(each, text))) {
      if (each.spent) {
        this.#forget(each);
        void each.close();
      } else if (this.#spec.connectsOnce) {
        return;
      }
    }
    const values = this.#valuesFor(transport, 'connect');
    const host = this.#host;
    const opened = transport.connect({ host, endpoint, values, text, connectRoutingId });
    if (transport.handshakes) host.security.opened(opened, values);
    this.#open.push(opened);
  }

  /**
   * Disconnects every endpoint that was connected with exactly this address. Queued messages get `linger` ms to leave,
   * unread ones are discarded.
   */
  disconnect(text: string): void {
    let endpoint: OpenEndpoint | undefined = this.#find('connect', text);
    while (endpoint !== undefined) {
      this.#forget(endpoint);
      endpoint.disconnecting?.();
      this.#ending.lingerOver(endpoint, this.#host.values.linger);
      endpoint = this.#open.find((each) => isConnect(each, text));
    }
  }

  /** Has all end: closes listeners, gives queued messages `linger` ms to leave. */
  close(): void {
    this.#ending.close(this.#open.splice(0), this.#host.values.linger);
  }

  /** @throws SocketError `EINVAL` for an option that protects, when an endpoint is open without it */
  refuseLate(name: keyof OptionValues, value: unknown): void {
    this.#host.security.refuseLate(name, value, this.#open);
  }

  /** Gives the kernel what waits, as far as it takes it within this call. */
  flush(): Flushed {
    return together([...this.#open.map((each) => each.flush()), this.#ending.flush()]);
  }

  /** The process or thread ends within this tick: leaves nothing of the addresses behind. */
  releasePaths(): void {
    for (const endpoint of this.#open) endpoint.releasePath?.();
  }

  #transportOf(text: string): Transport {
    return transportOf(text, this.#spec.transports?.());
  }

  #refuseForeign(transport: Transport, kind: OpenEndpoint['kind'], text: string): void {
    if (!transport.serves(this.#host, kind)) {
      throw new SocketError('ENOCOMPATPROTO', { address: text });
    }
  }

  /** The options as they are now, for an endpoint to keep. @throws SocketError `EINVAL` for half a mechanism */
  #valuesFor(transport: Transport, kind: OpenEndpoint['kind']): OptionValues {
    const { security, values } = this.#host;
    if (transport.handshakes) return security.snapshot(values, kind);
    if (transport.exposed) security.refuseExposed(values, kind, transport.scheme);
    return { ...values };
  }

  #bound(listener: ListeningEndpoint, transport: Transport, values: OptionValues): void {
    if (transport.handshakes) this.#host.security.opened(listener, values);
    this.#open.push(listener);
    this.last = listener.address;
  }

  #find(kind: OpenEndpoint['kind'], text: string): OpenEndpoint {
    if (typeof text !== 'string') throw new TypeError('Address must be a string');
    const found = this.#open.find(
      (each) => each.kind === kind && (each.address === text || each.text === text),
    );
    if (found !== undefined) return found;
    // A text that names no endpoint at all is another mistake than one that is not open.
    this.#transportOf(text);
    throw new SocketError('ENOENT', { address: text });
  }

  #forget(endpoint: OpenEndpoint): void {
    this.#open.splice(this.#open.indexOf(endpoint), 1);
    this.#reconnectsBefore += endpoint.reconnectCount;
  }
}

function isConnect(endpoint: OpenEndpoint, text: string): boolean {
  return endpoint.kind === 'connect' && endpoint.text === text;
}
