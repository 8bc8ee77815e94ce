/**
 * What "zeromq-pure/layer/conformance" exports: tests, for any runner, of what a channel layer has to do.
 *
 * ```ts
 * conformance({
 *   test: (name, body) => test(name, body),
 *   create: async (options) => {
 *     const layer = new MemoryLayer(options);
 *     return { layers: [layer], close: () => layer.close() };
 *   },
 * });
 * ```
 */

export { type ConformanceOptions, conformance, type Deployment } from './conformance.ts';
export type { AnyLayer } from './stage.ts';
