/** Accept filter: the addresses that peers may come from, as blocks of CIDR: `10.0.0.0/8`, `::1`, or several with commas. */

import { BlockList, isIP, isIPv6 } from 'node:net';

/** The blocks in `text`, without spaces; undefined for what is not addresses and sizes of their prefixes. */
export function parseAcceptFilter(text: string): string | undefined {
  const blocks = text.split(',').map((block) => block.trim());
  return blocks.every(isBlock) ? blocks.join(',') : undefined;
}

/** Decides by the blocks in `filter`, which {@link parseAcceptFilter} has given. */
export class AcceptFilter {
  readonly #blocks = new BlockList();

  constructor(filter: string) {
    for (const block of filter.split(',')) {
      const [address = '', size] = block.split('/');
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      this.#blocks.addSubnet(address, Number(size ?? sizeOf(address)), family);
    }
  }

  /** May a peer at `address` come in? Never at an empty one, which is that of a peer that has left. */
  admits(address: string): boolean {
    return isIP(address) > 0 && this.#blocks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }
}

function isBlock(block: string): boolean {
  const [address = '', size, ...rest] = block.split('/');
  if (isIP(address) === 0 || address.includes('%') || rest.length > 0) return false;
  return size === undefined || (/^\d{1,3}$/.test(size) && Number(size) <= sizeOf(address));
}

/** Bits of an address. */
function sizeOf(address: string): number {
  return isIPv6(address) ? 128 : 32;
}
