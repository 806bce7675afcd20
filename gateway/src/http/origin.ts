import type { IncomingHttpHeaders } from 'node:http';
import { LOOPBACK_HOSTS, isLoopback, type GatewayConfig } from '../config.js';

export type OriginVerdict = 'allowed' | 'foreign-host' | 'foreign-origin';

/**
 * A page anywhere can make a browser on this machine send requests here, under a name that the page's owner points at 127.0.0.1.
 * So the request must be addressed to a name that is ours, and a browser's page must come from the host that it addresses.
 */
export function originGuard(
  config: Pick<GatewayConfig, 'host' | 'allowedHosts'>,
): (headers: Pick<IncomingHttpHeaders, 'host' | 'origin'>) => OriginVerdict {
  const hosts = new Set([...LOOPBACK_HOSTS, ...config.allowedHosts.map((host) => host.toLowerCase())]);
  if (!isLoopback(config.host)) hosts.add(config.host.toLowerCase());
  return ({ host, origin }) => {
    const addressed = parseHost(host);
    if (addressed === undefined || !(hosts.has(addressed.name) || isLoopback(addressed.name))) return 'foreign-host';
    if (origin === undefined) return 'allowed';
    return originHost(origin) === addressed.text ? 'allowed' : 'foreign-origin';
  };
}

function parseHost(host: string | undefined): { readonly name: string; readonly text: string } | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/.exec(host?.toLowerCase() ?? '');
  return match === null ? undefined : { name: match[1] ?? '', text: match[0] };
}

/** `null` (sandboxed pages, files) is nobody's host. */
function originHost(origin: string): string | undefined {
  return /^https?:\/\/([^/?#@\\]+)$/.exec(origin.toLowerCase())?.[1];
}
