/** Variables of the runner's own environment that its children may see. Everything else stays here, the runner's token first of all. */
const PASSED = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TERM',
  'TMPDIR',
  'TZ',
  // Without these a company's network can't be left, nor its certificates be checked.
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
] as const;

/** What git additionally needs to use the runner's own credentials (docs/decisions/0028). Never given to users' commands. */
const CREDENTIALS = ['SSH_AUTH_SOCK', 'XDG_CONFIG_HOME', 'XDG_RUNTIME_DIR'] as const;

export type Environment = Readonly<Record<string, string>>;

/** The clean environment of every child process, picked from the runner's. */
export function baseEnvironment(own: NodeJS.ProcessEnv): Environment {
  return { LANG: 'C.UTF-8', TERM: 'dumb', PATH: '/usr/local/bin:/usr/bin:/bin', ...pick(own, PASSED) };
}

export function credentialEnvironment(own: NodeJS.ProcessEnv): Environment {
  return pick(own, CREDENTIALS);
}

function pick(own: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = own[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}
