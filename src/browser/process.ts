/** Process: those members of Node's `process` that this package uses. `on` calls no listener: a page has no event for its end. */

const nothing = (): void => {};

export const process: {
  nextTick(call: () => void): void;
  emitWarning(text: string | Error): void;
  on(name: string, listener: () => void): void;
  readonly versions: Record<string, string>;
} = {
  nextTick: (call) => queueMicrotask(call),
  emitWarning: (text) => console.warn(text),
  on: nothing,
  versions: {},
};
