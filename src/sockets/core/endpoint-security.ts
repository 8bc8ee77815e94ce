/**
 * EndpointSecurity: the mechanism of each endpoint under the options that it was opened with, and who judges the peers
 * that come by it.
 */

import type { Credentials, Mechanism, Verdict } from '../../zmtp/index.ts';
import type { OptionValues } from '../options/options.ts';
import {
  type Authenticate,
  askCallback,
  type MechanismName,
  nobodyJudges,
  noMechanism,
  notJudged,
  SecurityChoice,
  tooLate,
} from '../security/choice.ts';
import type { Zap } from '../security/zap.ts';
import type { OpenEndpoint, PeerConnection } from '../transport/transport.ts';
import type { Context } from './context.ts';

export class EndpointSecurity {
  /** What the options ask for now. */
  readonly choice: SecurityChoice = new SecurityChoice();
  /** Judges peers, before the context's does. */
  authenticate: Authenticate | undefined;

  readonly #context: Context;
  readonly #raw: boolean;
  readonly #zapOf: (context: Context) => Zap | undefined;
  /** The values that each endpoint with a mechanism was opened with, and those of a bind under way. */
  readonly #valuesOf = new WeakMap<OpenEndpoint, OptionValues>();
  #binding: OptionValues | undefined;
  /** The mechanism of each endpoint, under the values that it was opened with. */
  readonly #mechanisms = new WeakMap<OptionValues, Mechanism>();
  readonly #loading = new WeakMap<OptionValues, Promise<void>>();

  /** `raw`: the socket has no handshake. `zapOf`: the way to the handler of RFC 27, where the context has one. */
  constructor(context: Context, raw: boolean, zapOf: (context: Context) => Zap | undefined) {
    this.#context = context;
    this.#raw = raw;
    this.#zapOf = zapOf;
  }

  /**
   * The options as they are now, for an endpoint of that kind to keep.
   * @throws SocketError `EINVAL` for half a mechanism
   */
  snapshot(current: OptionValues, kind: OpenEndpoint['kind']): OptionValues {
    const values = { ...current };
    if (this.#raw && this.choice.mechanism !== 'NULL')
      throw noMechanism('a STREAM socket', this.choice.mechanism);
    const mechanism = this.choice.make(values, kind === 'connect');
    if (mechanism instanceof Promise) {
      const loading = mechanism.then((loaded) => {
        this.#mechanisms.set(values, loaded);
      });
      // Whoever waits for it hears of a failure, too.
      loading.catch(() => {});
      this.#loading.set(values, loading);
    } else {
      this.#mechanisms.set(values, mechanism);
    }
    return values;
  }

  /**
   * An endpoint of `scheme`, which has no handshake, is to be opened.
   * @throws SocketError `EINVAL` where the options ask for a mechanism, or somebody judges the peers
   */
  refuseExposed(values: OptionValues, kind: OpenEndpoint['kind'], scheme: string): void {
    const { mechanism } = this.choice;
    if (mechanism !== 'NULL') throw noMechanism(scheme, mechanism);
    const authenticate = this.authenticate ?? this.#context.authenticate;
    const judged = authenticate !== undefined || Boolean(values.zapDomain);
    if (kind === 'bind' && judged) throw notJudged(scheme);
  }

  /** Notes that a bind with `values` is under way; undefined: that it has finished. */
  binding(values: OptionValues | undefined): void {
    this.#binding = values;
  }

  /** `endpoint` is open with `values`. */
  opened(endpoint: OpenEndpoint, values: OptionValues): void {
    this.#valuesOf.set(endpoint, values);
  }

  /**
   * An option that protects comes too late for one of `endpoints` which is open without it, and must not seem to act.
   * @throws SocketError `EINVAL`
   */
  refuseLate(name: keyof OptionValues, value: unknown, endpoints: readonly OpenEndpoint[]): void {
    if (this.#raw) return;
    const secures =
      this.choice.mechanism === 'NULL' && this.choice.after(name, value).mechanism !== 'NULL';
    const judges = (name === 'zapDomain' || name === 'zapEnforceDomain') && Boolean(value);
    if (!secures && !judges) return;
    const lacks = (values: OptionValues | undefined): boolean =>
      values !== undefined && (judges ? !values[name] : this.#mechanismOf(values) === 'NULL');
    if (lacks(this.#binding)) throw tooLate(name, 'an endpoint');
    for (const endpoint of endpoints) {
      if (lacks(this.#valuesOf.get(endpoint))) throw tooLate(name, endpoint.address);
    }
  }

  /** Settles when the module that the mechanism needs is loaded; undefined: nothing has to be. Rejects with the reason why it cannot be loaded. */
  prepare(values: OptionValues): Promise<void> | undefined {
    return this.#mechanisms.has(values) ? undefined : this.#loading.get(values);
  }

  /** The mechanism of an endpoint with `values`, once `prepare` has settled. */
  mechanism(values: OptionValues): Mechanism {
    return this.#mechanisms.get(values)!;
  }

  /** NULL peers are judged in a domain, as in libzmq; a callback hears of all that come in by a bind. */
  judgesAll(values: OptionValues, accepted: boolean): boolean {
    if (this.#raw) return false;
    const authenticate = this.authenticate ?? this.#context.authenticate;
    return (accepted && authenticate !== undefined) || (values.zapDomain ?? '') !== '';
  }

  /** The oldest major version of ZMTP that peers may speak: before 3 there is no mechanism, and nobody can be judged. */
  minimumVersion({ minimumProtocolVersion, zapDomain }: OptionValues): number {
    const judges = (this.authenticate ?? this.#context.authenticate) !== undefined;
    return judges || (zapDomain ?? '') !== '' ? 3 : minimumProtocolVersion;
  }

  /** Decides whether the peer of `connection` may come in, by an endpoint with `values`. */
  async judge(
    values: OptionValues,
    { remoteAddress }: PeerConnection,
    credentials: Credentials,
    signal: AbortSignal,
  ): Promise<Verdict> {
    // Of this endpoint: the options may have changed since.
    const mechanism = this.#mechanismOf(values);
    const domain = values.zapDomain ?? '';
    const request = {
      mechanism,
      domain,
      address: remoteAddress,
      identity: values.routingId ?? Buffer.alloc(0),
      credentials,
    };
    const authenticate = this.authenticate ?? this.#context.authenticate;
    if (authenticate !== undefined) return askCallback(authenticate, request);
    const enforces = values.zapEnforceDomain;
    const asks = mechanism === 'PLAIN' || domain !== '' || (mechanism === 'CURVE' && !enforces);
    if (!asks) return { status: 200 };
    const zap = this.#zapOf(this.#context);
    if (zap !== undefined) return zap.ask(request, signal);
    // Nobody to ask: passwords cannot be checked, keys need not be, unless it is wanted.
    if (mechanism === 'PLAIN' || enforces) throw nobodyJudges(mechanism);
    return { status: 200 };
  }

  #mechanismOf(values: OptionValues): MechanismName {
    return (this.#mechanisms.get(values)?.name ?? this.choice.mechanism) as MechanismName;
  }
}
