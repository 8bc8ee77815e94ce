/**
 * HostFile: where the program of devices in threads and processes is. The bundle that is published has a file of its own
 * in place of this one.
 */

/** Beside this file, and in the same language. */
export function hostFile(): URL {
  const { url } = import.meta;
  return new URL(`./host${url.slice(url.lastIndexOf('.'))}`, url);
}
