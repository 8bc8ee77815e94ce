/** Limits: what processes may make a hub keep. Each is an option of the hub; who exceeds one loses its connection. */

/** Bounds of a hub; all have defaults. */
export interface HubLimits {
  /** Processes that it knows. Default 10 000. */
  readonly processes: number;
  /** Groups, and channels with readers, and memberships of channels of others, each, for one process. Default 200 000. */
  readonly namesPerProcess: number;
  /** Memberships that processes have given channels of others, in all. Default 1 000 000. */
  readonly memberships: number;
  /** Octets handed to one process that it has not taken in. Default 64 MiB. */
  readonly octetsPerProcess: number;
  /** Octets that wait in all channels together; senders are told that channels are full then. Default 256 MiB. */
  readonly octets: number;
  /** Milliseconds after which messages of ordinary channels that a lost process had go to others. Default 2000. */
  readonly putBackTimeout: number;
  /** Milliseconds for which a process that has lost its connection is waited for. Default 60 000. */
  readonly resumeTimeout: number;
}

export const HUB_LIMITS: HubLimits = {
  processes: 10_000,
  namesPerProcess: 200_000,
  memberships: 1_000_000,
  octetsPerProcess: 67_108_864,
  octets: 268_435_456,
  putBackTimeout: 2000,
  resumeTimeout: 60_000,
};
