/** Accept filter: the addresses from which peers may connect, as CIDR blocks: `10.0.0.0/8`, `::1`, or several with commas. */

import { BlockList, isIP, isIPv6 } from 'node:net';

/** `text` without spaces around its blocks; undefined if one is no IP address, with or without a prefix length. */
export function parseAcceptFilter(text: string): string | undefined {
  const blocks = text.split(',').map((block) => block.trim());
  return blocks.every(isBlock) ? blocks.join(',') : undefined;
}

/** Checks addresses against the blocks in `filter`, a text that {@link parseAcceptFilter} returned. */
export class AcceptFilter {
  readonly #blocks = new BlockList();

  constructor(filter: string) {
    for (const block of filter.split(',')) {
      const [address = '', size] = block.split('/');
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      this.#blocks.addSubnet(address, Number(size ?? sizeOf(address)), family);
    }
  }

  /** Whether a peer at `address` may connect. Never true for an empty address, that of a peer which has left already. */
  admits(address: string): boolean {
    return isIP(address) > 0 && this.#blocks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }
}

function isBlock(block: string): boolean {
  const [address = '', size, ...rest] = block.split('/');
  if (isIP(address) === 0 || address.includes('%') || rest.length > 0) return false;
  return size === undefined || (/^\d{1,3}$/.test(size) && Number(size) <= sizeOf(address));
}

/** Length of an address in bits. */
function sizeOf(address: string): number {
  return isIPv6(address) ? 128 : 32;
}
