/** Where the roles of the job meet. */

/** One endpoint per conversation; every role is given the ones it needs. */
export interface Endpoints {
  /** Ventilator PUSH (bound), workers PULL: blocks of lines, one line per part. */
  readonly lines: string;
  /** Sink PULL (bound), workers and ventilator PUSH: `ready`, `total`, `count` and `table`. */
  readonly results: string;
  /** Sink PUB (bound), everyone SUB: `start`, `progress` and `end`. */
  readonly news: string;
  /** Sink REP (bound), anyone REQ: questions about the result. */
  readonly answers: string;
}

/** Endpoints as socket files in `directory`, so that jobs running at once cannot meet. */
export function endpointsIn(directory: string): Endpoints {
  const at = (name: string) => `ipc://${directory}/${name}`;
  return { lines: at('lines'), results: at('results'), news: at('news'), answers: at('answers') };
}

/**
 * Closes `sockets` when `signal` aborts: a loop over one of them ends, a pending call rejects.
 * What is still queued then is of no use to anyone, and must not keep the process waiting.
 */
export function closeOnAbort(
  signal: AbortSignal,
  ...sockets: { readonly closed: boolean; linger: number; close(): void }[]
): void {
  signal.addEventListener('abort', () => {
    for (const socket of sockets) {
      if (socket.closed) continue;
      socket.linger = 0;
      socket.close();
    }
  });
}
