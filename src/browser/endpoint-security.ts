/** EndpointSecurity: in place of core/endpoint-security.ts, for sockets that accept no connection: NULL, or PLAIN as a client. */

import type { EndpointSecurity as Full } from '../sockets/core/endpoint-security.ts';
import { SocketError } from '../sockets/errors.ts';
import type { OptionValues } from '../sockets/index.ts';
import type { OpenEndpoint } from '../sockets/transport/transport.ts';
import { type Mechanism, nullMechanism, plainClient } from '../zmtp/index.ts';

type Name = keyof OptionValues;

/** The mechanism that the options ask for. */
class Choice {
  mechanism: 'NULL' | 'PLAIN' = 'NULL';

  /** Notes that an option was set. @throws SocketError `ENOTSUP` for options of CURVE and of a PLAIN server */
  written(name: Name, value: unknown): void {
    const given = value !== null && value !== false;
    if (given && ELSEWHERE.test(name)) {
      throw new SocketError('ENOTSUP', {
        message: `Operation not supported: no ${name} in a browser, expected NULL or a user name over wss://`,
      });
    }
    if (PLAIN.test(name)) this.mechanism = given ? 'PLAIN' : 'NULL';
  }
}

/** Its members are documented in core/endpoint-security.ts. */
export class EndpointSecurity implements Omit<Full, 'choice'> {
  readonly choice: Choice = new Choice();
  authenticate: Full['authenticate'];
  readonly #open = new WeakSet<OpenEndpoint>();

  snapshot(current: OptionValues): OptionValues {
    const values = { ...current };
    const { plainUsername } = values;
    if (this.choice.mechanism === 'PLAIN' && plainUsername === null) {
      throw invalid('a PLAIN client needs plainUsername, not set');
    }
    return values;
  }

  refuseExposed(): void {}
  binding(): void {}

  opened(endpoint: OpenEndpoint): void {
    this.#open.add(endpoint);
  }

  refuseLate(name: Name, value: unknown, endpoints: readonly OpenEndpoint[]): void {
    if (!PLAIN.test(name) || value === null || this.choice.mechanism === 'PLAIN') return;
    const open = endpoints.find((each) => this.#open.has(each));
    if (open === undefined) return;
    throw invalid(`${name} is set too late: ${open.address} is open without it, set it before`);
  }

  prepare(): undefined {}

  mechanism({ plainUsername, plainPassword }: OptionValues): Mechanism {
    if (plainUsername === null) return nullMechanism;
    return plainClient(Buffer.from(plainUsername), Buffer.from(plainPassword ?? ''));
  }

  judgesAll(): boolean {
    return false;
  }

  minimumVersion(): number {
    return 3;
  }

  judge(): ReturnType<Full['judge']> {
    return Promise.resolve({ status: 200 });
  }
}

function invalid(what: string): SocketError {
  return new SocketError('EINVAL', { message: `Invalid argument: ${what}` });
}

const PLAIN = /^plain(Username|Password)$/;
const ELSEWHERE = /^(curve|plainServer)/;
