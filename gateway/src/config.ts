import { z } from 'zod';

/** How the gateway is reached and what it lets through. */
export interface GatewayConfig {
  /** Address to listen on; default 127.0.0.1. */
  readonly host: string;
  /** 0 to 65535; 0: any free port; default 4000. */
  readonly port: number;
  /** `tokens`, or `open`: everyone is an administrator, on loopback only (docs/decisions/0025). */
  readonly auth: 'tokens' | 'open';
  /** Host names besides the loopback ones that requests may be addressed to, lower case, without port. */
  readonly allowedHosts: readonly string[];
  /** Whose free space `/metrics` shows; absent where the engines are elsewhere. */
  readonly dataDirectory?: string;
  /** An uploaded artifact at most, bytes; default 5 GiB. */
  readonly artifactBytesMax: number;
}

export const LOOPBACK_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]', '::1'];

export function isLoopback(host: string): boolean {
  return LOOPBACK_HOSTS.includes(host) || /^127(\.\d{1,3}){3}$/.test(host);
}

const hostName = z.string().regex(/^[a-z0-9.:[\]-]{1,253}$/i, 'must be a host name or an address, without a port');

const environment = z.object({
  MILLRACE_HOST: hostName.default('127.0.0.1'),
  MILLRACE_PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
  MILLRACE_AUTH: z.enum(['tokens', 'open']).default('tokens'),
  MILLRACE_ALLOWED_HOSTS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((host) => host.trim().toLowerCase())
        .filter((host) => host !== ''),
    )
    .pipe(z.array(hostName)),
  MILLRACE_ARTIFACT_BYTES_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .default(5 * 1024 ** 3),
});

/**
 * The gateway's part of the environment.
 *
 * @throws RangeError that names every fault at once.
 */
export function gatewayConfig(
  env: Readonly<Record<string, string | undefined>>,
  dataDirectory?: string,
): GatewayConfig {
  const parsed = environment.safeParse(env);
  if (!parsed.success)
    throw new RangeError(
      `The configuration is not usable: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}.`,
    );
  const config: GatewayConfig = {
    host: parsed.data.MILLRACE_HOST,
    port: parsed.data.MILLRACE_PORT,
    auth: parsed.data.MILLRACE_AUTH,
    allowedHosts: parsed.data.MILLRACE_ALLOWED_HOSTS,
    artifactBytesMax: parsed.data.MILLRACE_ARTIFACT_BYTES_MAX,
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
  };
  refuseOpenDoor(config);
  return config;
}

/**
 * @throws RangeError when anybody who reaches the machine would be an administrator.
 */
export function refuseOpenDoor(config: Pick<GatewayConfig, 'auth' | 'host'>): void {
  if (config.auth === 'open' && !isLoopback(config.host))
    throw new RangeError(
      `MILLRACE_AUTH=open makes everyone an administrator, so it works on loopback only, and MILLRACE_HOST is ${config.host}. ` +
        'Set MILLRACE_HOST=127.0.0.1, or leave MILLRACE_AUTH out and use tokens.',
    );
}
