/** A worker of Cloudflare's runtime that answers a request with what the program for pages says. */

import './page.mjs';

export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    try {
      return new Response(await globalThis.inPage(Object.fromEntries(searchParams)));
    } catch (error) {
      return new Response(error.stack);
    }
  },
};
