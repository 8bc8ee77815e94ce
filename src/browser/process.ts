/** Process: the little that this package asks of Node's `process`. A page does not say when it ends. */

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
