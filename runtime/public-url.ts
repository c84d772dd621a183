import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Profile } from './config.ts';
import type { Network } from './environment.ts';

export interface UrlRules {
  readonly profile: Profile;
  readonly protocols: readonly string[];
}

const MAX_URL = 500;
/** How a container names the machine it runs on; the source run book registers such URLs. */
const CONTAINER_HOST = 'host.docker.internal';
const PRIVATE_SUFFIXES = ['.local', '.internal', '.lan', '.home.arpa', '.intranet'];

/**
 * Why this URL may not be one of a WL, or undefined where it may. Inside addresses are refused, so
 * that nobody points the Control Plane at its own network; the local profile admits loopback. What
 * a name resolves to is looked at when the connection is made (`publicLookup`).
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

/** Code of the error of a connection that was not made because of where it would have gone. */
export const ADDRESS_REFUSED = 'ERR_ADDRESS_REFUSED';

/**
 * Resolves names for connections that may leave for the public network only: a name that was
 * harmless when it was registered may point inside by now (DNS rebinding), so the very addresses
 * that are connected to are checked. `*.localhost` is loopback by RFC 6761. Networks that the
 * operator of this process names are admitted too: partners may meet on a line of their own.
 */
export function publicLookup(
  profile: Profile,
  {
    resolve = systemLookup,
    admitted = [],
  }: { readonly resolve?: typeof systemLookup; readonly admitted?: readonly Network[] } = {},
): LookupFunction {
  const isGood = (hostname: string) => (found: LookupAddress) =>
    isAdmitted(found.address, hostname, profile) || isWithin(found.address, admitted);
  return (hostname, options, callback) => {
    const answer = (error: NodeJS.ErrnoException | null, found: LookupAddress[]): void => {
      const [first] = found;
      if (error !== null || first === undefined) callback(error ?? refused(hostname), '');
      else if (options.all === true) callback(null, found);
      else callback(null, first.address, first.family);
    };
    if (profile === 'local' && isLoopbackName(hostname)) {
      answer(null, [{ address: '127.0.0.1', family: 4 }]);
      return;
    }
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) answer(error, []);
      else if (found.every(isGood(hostname))) {
        answer(null, found);
      } else answer(refused(hostname), []);
    });
  };
}

function refused(hostname: string): NodeJS.ErrnoException {
  const error = new Error(`${hostname} points into a private network`);
  return Object.assign(error, { code: ADDRESS_REFUSED });
}

function isAdmitted(address: string, hostname: string, profile: Profile): boolean {
  if (profile === 'local' && hostname === CONTAINER_HOST) return true;
  const range = rangeOf(address);
  return range === 'unicast' || (profile === 'local' && range === 'loopback');
}

function isWithin(address: string, networks: readonly Network[]): boolean {
  const parsed = ipaddr.process(address);
  return networks.some(([base, bits]) => base.kind() === parsed.kind() && parsed.match(base, bits));
}

function isLoopback(host: string): boolean {
  return isLoopbackName(host) || (isIP(host) !== 0 && rangeOf(host) === 'loopback');
}

function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

function isInside(host: string): boolean {
  // Unicast is what the special-purpose registries of IANA leave over: the public network.
  if (isIP(host) !== 0) return rangeOf(host) !== 'unicast';
  if (!host.includes('.') || isLoopback(host)) return true;
  return PRIVATE_SUFFIXES.some((suffix) => host.endsWith(suffix));
}

/** All of IPv6 that IANA has given out for the public network. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * An IPv4 address inside an IPv6 one is judged as the IPv4 address that it is. What is called
 * unicast for want of a better name, such as the old `::a.b.c.d`, is reserved.
 */
function rangeOf(address: string): string {
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (range !== 'unicast' || parsed.kind() === 'ipv4') return range;
  return (parsed as ipaddr.IPv6).match(GLOBAL_UNICAST) ? range : 'reserved';
}
