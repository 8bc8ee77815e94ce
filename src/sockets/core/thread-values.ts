/**
 * ThreadValues: the options of the default context, which is one for all threads of the process. From the first change on they
 * are in memory that threads which begin later share, whichever of them changes one.
 */

import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { threadsPossible } from '../../base/threads.ts';
import { CONTEXT, CONTEXT_OPTIONS } from '../options/option-table.ts';
import type { ContextOptions } from '../options/options.ts';

/** `own`, until there is memory that is shared. */
export function threadValues(own: ContextOptions): ContextOptions {
  let shared: Float64Array | undefined;
  let looked = false;
  const find = (): Float64Array | undefined => {
    if (!looked && threadsPossible()) {
      looked = true;
      const memory = getEnvironmentData(KEY) as unknown;
      if (memory instanceof SharedArrayBuffer) shared = new Float64Array(memory);
    }
    return shared;
  };
  const share = (): Float64Array => {
    const memory = new SharedArrayBuffer(CONTEXT.length * Float64Array.BYTES_PER_ELEMENT);
    const values = new Float64Array(memory);
    for (const [index, name] of CONTEXT.entries()) values[index] = Number(own[name]);
    setEnvironmentData(KEY, memory as never);
    looked = true;
    return values;
  };
  const values = {} as ContextOptions;
  for (const [index, name] of CONTEXT.entries()) {
    const isBoolean = CONTEXT_OPTIONS[name].kind === 'boolean';
    Object.defineProperty(values, name, {
      enumerable: true,
      get: () => {
        const value = find()?.[index];
        if (value === undefined) return own[name];
        return isBoolean ? value === 1 : value;
      },
      set: (value: ContextOptions[typeof name]) => {
        shared = find() ?? share();
        shared[index] = Number(value);
      },
    });
  }
  return values;
}

/** Copies of this package with other options have other memory. */
const KEY = `zeromq-pure:context:${CONTEXT.join()}`;
