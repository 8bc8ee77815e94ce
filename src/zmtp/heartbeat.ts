/**
 * Heartbeat: when to PING and when to give up, as deadlines (RFC 37, "Heartbeats"; `ZMQ_HEARTBEAT_*`).
 * Times are milliseconds of one monotonic clock that the caller reads.
 */

export interface HeartbeatOptions {
  /** `ZMQ_HEARTBEAT_IVL`. A PING every so many milliseconds; 0 = none. */
  readonly heartbeatInterval: number;
  /** `ZMQ_HEARTBEAT_TTL`. How long the peer may wait for us, in milliseconds, told with each PING; 0 = not told. */
  readonly heartbeatTimeToLive: number;
  /** `ZMQ_HEARTBEAT_TIMEOUT`. How long to wait after a PING for any sign of life; −1 = the interval, 0 = for ever. */
  readonly heartbeatTimeout: number;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #ping = Number.POSITIVE_INFINITY;
  #silence = Number.POSITIVE_INFINITY;
  #timeToLive = Number.POSITIVE_INFINITY;
  /** How long the peer's last PING was good for. */
  #promise = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** When `elapsed` wants to be called; Infinity = not at all. */
  get deadline(): number {
    return Math.min(this.#ping, this.#silence, this.#timeToLive);
  }

  /** The TTL for our PINGs. At most 655: libzmq computes it times 100 in 16 bits and hangs up early. */
  get ttlDeciseconds(): number {
    return Math.min(Math.floor(this.#options.heartbeatTimeToLive / 100), 655);
  }

  /** The handshake is over. */
  start(now: number): void {
    const { heartbeatInterval } = this.#options;
    if (heartbeatInterval > 0) this.#ping = now + heartbeatInterval;
  }

  /** Something came from the peer. */
  heard(): void {
    this.#silence = Number.POSITIVE_INFINITY;
    this.#timeToLive = Number.POSITIVE_INFINITY;
  }

  /** Its silence up to `until` does not count: what it is waited for, it is waited for from then on. */
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

  /** The peer's PING asks to be given up when nothing more comes for so long. */
  promised(ttlDeciseconds: number, now: number): void {
    this.#promise = ttlDeciseconds * 100;
    if (ttlDeciseconds > 0) this.#timeToLive = now + this.#promise;
  }

  /** What the time asks for: nothing, a PING, or to give the peer up. */
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
