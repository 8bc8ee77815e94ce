/**
 * What "zeromq-pure/layer/conformance" exports: what a channel layer has to do, as tests for any runner.
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
