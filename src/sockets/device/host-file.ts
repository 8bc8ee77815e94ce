/** HostFile: the location of the program that runs devices in threads and processes. The published bundle replaces this file. */

/** The URL of that program: beside this file, with the same extension. */
export function hostFile(): URL {
  const { url } = import.meta;
  return new URL(`./host${url.slice(url.lastIndexOf('.'))}`, url);
}
