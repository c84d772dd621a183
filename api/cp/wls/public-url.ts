import { BlockList, isIP } from 'node:net';
import type { Profile } from '../../../runtime/config.ts';

export interface UrlRules {
  readonly profile: Profile;
  readonly protocols: readonly string[];
}

const MAX_URL = 500;
/** How a container names the machine it runs on; the source run book registers such URLs. */
const CONTAINER_HOST = 'host.docker.internal';
const PRIVATE_SUFFIXES = ['.local', '.internal', '.lan', '.home.arpa', '.intranet'];

const loopback = listOf([
  ['127.0.0.0', 8],
  ['::1', 128],
]);
// Every range that is not the public network (IANA special-purpose registries).
const special = listOf([
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  ['::', 128],
  ['::1', 128],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['100::', 64],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
]);

/**
 * Why this URL may not be one of a WL, or undefined where it may. Inside addresses are refused, so
 * that nobody points the Control Plane at its own network; the local profile admits loopback. A name
 * that resolves to an inside address still gets nothing: calls go out over mTLS only, to servers
 * that hold a certificate of our own authority.
 */
export function refusalOfUrl(text: string, { profile, protocols }: UrlRules): string | undefined {
  if (text.length > MAX_URL || !URL.canParse(text)) return 'is not a URL';
  const url = new URL(text);
  if (!protocols.includes(url.protocol)) return `has to be ${protocols.join(' or ')}//`;
  if (url.username !== '' || url.password !== '') return 'carries credentials';
  if (url.search !== '' || url.hash !== '') return 'carries a query or a fragment';
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (profile === 'local' && (isLoopback(host) || host === CONTAINER_HOST)) return undefined;
  return isInside(host) ? 'points into a private network' : undefined;
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  return isIP(host) !== 0 && loopback.check(host, familyOf(host));
}

function isInside(host: string): boolean {
  if (isIP(host) !== 0) return special.check(host, familyOf(host));
  if (!host.includes('.') || isLoopback(host)) return true;
  return PRIVATE_SUFFIXES.some((suffix) => host.endsWith(suffix));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}

function listOf(subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of subnets) list.addSubnet(address, prefix, familyOf(address));
  return list;
}
