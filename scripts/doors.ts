/** Doors: the one table of what the package shows. A new door is one line here, and one in `exports` of package.json. */

/** From the path behind `zeromq-pure` to the file under `src` that is behind it. */
export const DOORS: Readonly<Record<string, string>> = {
  '.': 'index',
  './wire': 'wire',
  './layer': 'layer/index',
  './layer/carrier': 'layer/carrier/index',
  './layer/conformance': 'layer/conformance/index',
  './layer/rabbitmq': 'layer/rabbitmq/index',
  './daemon': 'daemon/index',
  './device-host': 'sockets/device/host',
  './v5-compat': 'compat/index',
  './draft': 'sockets/draft/index',
};

/** The program on the path of a shell, and its file under `src`. */
export const PROGRAM: { readonly name: string; readonly source: string } = {
  name: 'cli',
  source: 'cli/main',
};

/** Doors that browsers find other files behind, and the file under `src` that these are made of. */
export const BROWSER_DOORS: Readonly<Record<string, string>> = {
  '.': 'browser/index',
  './draft': 'browser/draft',
  './layer': 'browser/layer',
};

/** The name of a door's files for browsers in `lib`. */
export function browserFileName(door: string): string {
  return door === '.' ? 'browser' : `browser-${fileName(door)}`;
}

/** The name of a door's files in `lib`: `layer-conformance` for `./layer/conformance`. */
export function fileName(door: string): string {
  return door === '.' ? 'index' : door.slice(2).replaceAll('/', '-');
}

/** What package.json says under `exports` for `door`, in the order in which resolvers look. */
export function conditions(door: string): object {
  const file = `./lib/${fileName(door)}`;
  const browserFile = `./lib/${browserFileName(door)}`;
  return {
    // By `import` alone: jest with jsdom asks for what browsers have, and can only load CommonJS.
    ...(Object.hasOwn(BROWSER_DOORS, door) && {
      browser: {
        import: { types: `${browserFile}.d.mts`, default: `${browserFile}.mjs` },
      },
    }),
    import: { types: `${file}.d.mts`, default: `${file}.mjs` },
    require: { types: `${file}.d.cts`, default: `${file}.cjs` },
  };
}
