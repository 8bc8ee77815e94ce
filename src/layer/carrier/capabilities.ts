/** Capabilities: what a kind of layer supports. Programs may ask, and the conformance suite chooses its tests by them. */

/** What a layer supports. Each carrier states it once, as a constant. */
export interface Capabilities {
  /** Names of the optional parts of the specification that are supported. `groupAdd` and `flush` reject without theirs. */
  readonly extensions: readonly ('groups' | 'flush')[];
  /**
   * Who receives a message sent to an ordinary channel, one that `newChannel` has not made: one of its readers, every
   * process that has received from it, or none, because there are no ordinary channels.
   */
  readonly ordinaryChannels: 'one-reader' | 'every-reader' | 'none';
  /** Which processes may send. */
  readonly producers: 'this-process' | 'one-process' | 'many-processes';
  /** Whether a message waits for a reader that comes later. */
  readonly lateReaders: boolean;
  /** Whether `send` resolves only after the destination, also in another process, has accepted the message. */
  readonly confirmed: boolean;
  /**
   * What `capacity` limits: the unread messages of channels with the same route, exactly; those of a whole process together;
   * or something that depends on buffers in between.
   */
  readonly capacity: 'route' | 'process' | 'buffers';
  /**
   * What becomes of a group message whose members are full. `skipped`: the process of each full member counts and reports
   * it. `lost`: the sender counts and reports it. `unknown`: it is not counted.
   */
  readonly groupOverflow: 'skipped' | 'lost' | 'unknown';
  /** Whether memberships end `groupExpiry` after the last `groupAdd`; otherwise they last as long as their process. */
  readonly groupExpiry: boolean;
  /** Whether a process may add channels that another process has made to a group. */
  readonly foreignMembers: boolean;
  /** Whether `groupSend` takes `except`. */
  readonly except: boolean;
  /** Whether messages can hold bytes, and integers beyond 53 bits. */
  readonly bytes: boolean;
  /** Whether a group and a channel may have the same name without getting each other's messages. */
  readonly separateNames: boolean;
}

/** The capabilities of a layer that supports everything; `producers` says which processes may send. */
export function fullCapabilities(producers: Capabilities['producers']): Capabilities {
  return {
    extensions: ['groups', 'flush'],
    ordinaryChannels: 'one-reader',
    producers,
    lateReaders: true,
    confirmed: true,
    capacity: 'route',
    groupOverflow: 'skipped',
    groupExpiry: true,
    foreignMembers: true,
    except: true,
    bytes: true,
    separateNames: true,
  };
}
