/**
 * Heartbeat: when to PING and when to give up, as deadlines (RFC 37, "Heartbeats"; `ZMQ_HEARTBEAT_*`).
 * Times are milliseconds of one monotonic clock that the caller reads.
 */

export interface HeartbeatOptions {
  /** `ZMQ_HEARTBEAT_IVL`. A PING every so many milliseconds; 0 = none. */
  readonly heartbeatInterval: number;
  /** `ZMQ_HEARTBEAT_TTL`. Sent with each PING: milliseconds of silence from us after which the peer may give us up; 0 = not sent. */
  readonly heartbeatTimeToLive: number;
  /** `ZMQ_HEARTBEAT_TIMEOUT`. Milliseconds to wait after a PING for any sign of life; −1 = the interval, 0 = for ever. */
  readonly heartbeatTimeout: number;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #ping = Number.POSITIVE_INFINITY;
  #silence = Number.POSITIVE_INFINITY;
  #timeToLive = Number.POSITIVE_INFINITY;
  /** Milliseconds of silence after which the peer's last PING asks us to give it up. */
  #promise = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** The time at which `elapsed` must be called; Infinity = not at all. */
  get deadline(): number {
    return Math.min(this.#ping, this.#silence, this.#timeToLive);
  }

  /** The TTL for our PINGs. At most 655: libzmq computes it times 100 in 16 bits and hangs up early. */
  get ttlDeciseconds(): number {
    return Math.min(Math.floor(this.#options.heartbeatTimeToLive / 100), 655);
  }

  /** Starts the PINGs: the handshake has finished. */
  start(now: number): void {
    const { heartbeatInterval } = this.#options;
    if (heartbeatInterval > 0) this.#ping = now + heartbeatInterval;
  }

  /** Counts as a sign of life: octets have come from the peer. */
  heard(): void {
    this.#silence = Number.POSITIVE_INFINITY;
    this.#timeToLive = Number.POSITIVE_INFINITY;
  }

  /** Restarts the peer's deadlines from `until`: its silence so far was our doing (a paused stream, a blocked loop). */
  forgive(until: number): void {
    const { heartbeatInterval, heartbeatTimeout } = this.#options;
    if (this.#silence !== Number.POSITIVE_INFINITY) {
      const patience = heartbeatTimeout < 0 ? heartbeatInterval : heartbeatTimeout;
      this.#silence = Math.max(this.#silence, until + patience);
    }
    if (this.#timeToLive !== Number.POSITIVE_INFINITY) {
      this.#timeToLive = Math.max(this.#timeToLive, until + this.#promise);
    }
  }

  /** Takes a PING of the peer, which asks to be given up when it is silent for its TTL. */
  promised(ttlDeciseconds: number, now: number): void {
    this.#promise = ttlDeciseconds * 100;
    if (ttlDeciseconds > 0) this.#timeToLive = now + this.#promise;
  }

  /** What is due at `now`: nothing, a PING, or giving the peer up. */
  elapsed(now: number): 'nothing' | 'ping' | 'dead' {
    if (now >= this.#silence || now >= this.#timeToLive) return 'dead';
    if (now < this.#ping) return 'nothing';
    const { heartbeatInterval, heartbeatTimeout } = this.#options;
    this.#ping = now + heartbeatInterval;
    if (this.#silence === Number.POSITIVE_INFINITY && heartbeatTimeout !== 0) {
      this.#silence = now + (heartbeatTimeout < 0 ? heartbeatInterval : heartbeatTimeout);
    }
    return 'ping';
  }
}
