import type { Environment, VariableIssue } from './environment.ts';

/** The first operator of a local stack. */
export const LOCAL_MASTER = { email: 'master@xpory.local', password: 'changeit' };
// Characters of a secret that stands in an environment: too long to be guessed online.
const LEAST_SECRET = 12;

/** What the back office of a local stack says; refused elsewhere. */
export function localBackofficeKey(slug: string): string {
  return `backoffice-${slug}`;
}

// What the local profile makes easy is refused everywhere else: plain listeners and known secrets.
function profileRules(env: Environment): VariableIssue[] {
  if (env['XPORY_PROFILE'] === 'local') return [];
  const plain = 'is only for the local profile: a plain listener has no mTLS';
  const armed = 'is only for the local profile: it ends processes on purpose';
  return [
    { variable: 'HTTP_PORT', message: plain },
    { variable: 'FAULT_POINTS', message: armed },
  ].filter(({ variable }) => env[variable] !== undefined);
}

/** Rules between the variables of a WL's processes. */
export function wlRules(env: Environment): VariableIssue[] {
  const issues = profileRules(env);
  if (env['XPORY_PROFILE'] === 'local') return issues;
  const { BACKOFFICE_KEY: key, WL_SLUG: slug = '' } = env;
  if (key === undefined || key === localBackofficeKey(slug) || key.length < LEAST_SECRET) {
    const message = `is a secret of at least ${LEAST_SECRET} characters, not the local default`;
    issues.push({ variable: 'BACKOFFICE_KEY', message });
  }
  return issues;
}

/** Rules between the variables of the Control Plane's processes. */
export function cpRules(env: Environment): VariableIssue[] {
  const issues = profileRules(env);
  for (const [one, other] of [
    ['CA_CERT_FILE', 'CA_KEY_FILE'],
    ['CA_KEY_FILE', 'CA_CERT_FILE'],
    ['SMTP_URL', 'SMTP_FROM'],
    ['SMTP_FROM', 'SMTP_URL'],
  ] as const) {
    if (env[one] !== undefined || env[other] === undefined) continue;
    issues.push({ variable: one, message: `belongs to ${other}` });
  }
  if (env['XPORY_PROFILE'] === 'local') return issues;
  const { BOOTSTRAP_MASTER_EMAIL: email, BOOTSTRAP_MASTER_PASSWORD: password = '' } = env;
  if (email === undefined || email === LOCAL_MASTER.email) {
    const message = 'is the address of a person, not the local default';
    issues.push({ variable: 'BOOTSTRAP_MASTER_EMAIL', message });
  }
  if (password.length < LEAST_SECRET) {
    const message = `has at least ${LEAST_SECRET} characters`;
    issues.push({ variable: 'BOOTSTRAP_MASTER_PASSWORD', message });
  }
  return issues;
}
