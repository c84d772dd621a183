import type {
  CertificateFact,
  DatabaseFact,
  EngineFact,
  Facts,
  KeysFact,
  OutboxFact,
  ProcessFact,
  QueueFact,
  BreakerFact,
} from './facts.ts';

export interface Line {
  readonly state: 'ok' | 'warn' | 'fail';
  readonly check: string;
  readonly subject: string;
  readonly detail: string;
  /** What to do; absent where all is well. */
  readonly way?: string;
}

const DAY_MS = 86_400_000;
// Certificates live 90 days and are renewed long before; a week is the last moment for a person.
const CERTIFICATE_WARN_DAYS = 14;
const CERTIFICATE_FAIL_DAYS = 3;
// Verifiers tolerate 30 s (CONTRACTS.md); what is drifting is told before it hurts.
const SKEW_WARN_MS = 5_000;
const SKEW_FAIL_MS = 30_000;
// Rotation costs nothing; a key that signed for a quarter of a year has been forgotten.
const KEY_OLD_DAYS = 90;
// The relay drains every second; a minute is an outage of the Control Plane or of the relay.
const OUTBOX_WARN_SECONDS = 60;
const OUTBOX_FAIL_SECONDS = 300;

/** Every line of the examination, in the order in which a person would look. */
export function judge(facts: Facts, now: Date): Line[] {
  return [
    ...facts.processes.map(processLine),
    ...facts.processes.flatMap(clockLine),
    ...facts.certificates.map((fact) => certificateLine(fact, now)),
    ...facts.databases.map(databaseLine),
    ...(facts.engine === undefined ? [] : [engineLine(facts.engine)]),
    ...facts.queues.map(queueLine),
    ...keyLines(facts.keys, now),
    ...facts.breakers.map(breakerLine),
    ...facts.outboxes.map(outboxLine),
  ];
}

function processLine({ name, url, state, failing, variable }: ProcessFact): Line {
  const about = { check: 'process', subject: name };
  if (state === 'READY') return { state: 'ok', ...about, detail: `ready at ${url}` };
  if (state === 'NOT_READY') {
    const detail = `answers at ${url}, not ready: ${failing.join(', ')}`;
    const way = 'the lines below name the cause; the process says more in its log';
    return { state: 'fail', ...about, detail, way };
  }
  const where = variable === undefined ? 'XWL_URL' : `${variable}, DATA_DIR`;
  const way = `start it (xwl stack start), or say where it is (${where})`;
  return { state: 'fail', ...about, detail: `nothing answers at ${url}`, way };
}

function clockLine({ name, skewMs }: ProcessFact): Line[] {
  if (skewMs === undefined) return [];
  const about = { check: 'clock', subject: name };
  const off = Math.abs(skewMs);
  const detail = `${(skewMs / 1_000).toFixed(1)} s from ours`;
  if (off < SKEW_WARN_MS) return [{ state: 'ok', ...about, detail }];
  const way = 'set both clocks by NTP: tokens are refused beyond 30 s';
  return [{ state: off < SKEW_FAIL_MS ? 'warn' : 'fail', ...about, detail, way }];
}

function certificateLine({ name, notAfter }: CertificateFact, now: Date): Line {
  const about = { check: 'certificate', subject: name };
  if (notAfter === undefined) {
    return { state: 'warn', ...about, detail: 'not seen: no handshake', way: 'start its process' };
  }
  const days = Math.floor((notAfter.getTime() - now.getTime()) / DAY_MS);
  const detail =
    days < 0 ? `ended ${notAfter.toISOString()}` : `${days} days, until ${notAfter.toISOString()}`;
  if (days >= CERTIFICATE_WARN_DAYS) return { state: 'ok', ...about, detail };
  const way = 'xwl certificate rotate WL --csr FILE; locally delete .data/pki and start again';
  return { state: days < CERTIFICATE_FAIL_DAYS ? 'fail' : 'warn', ...about, detail, way };
}

function databaseLine({ name, isReached, missing, unknown }: DatabaseFact): Line {
  const about = { check: 'schema', subject: name };
  if (!isReached) {
    const way = 'start it, or say where it is (DATABASE_URL_…)';
    return { state: 'fail', ...about, detail: 'the database does not answer', way };
  }
  if (missing.length > 0) {
    const way = 'start the processes of this build: they migrate';
    return { state: 'fail', ...about, detail: `lacks ${missing.join(', ')}`, way };
  }
  if (unknown.length === 0) return { state: 'ok', ...about, detail: 'as this build wants it' };
  const detail = `newer than this build: ${unknown.join(', ')}`;
  return { state: 'warn', ...about, detail, way: 'use the build that runs there' };
}

function engineLine({ address, version }: EngineFact): Line {
  const about = { check: 'engine', subject: address };
  if (version !== undefined) return { state: 'ok', ...about, detail: `Temporal ${version}` };
  const way = 'start it, or set TEMPORAL_ADDRESS; purchases are refused ENGINE_UNAVAILABLE';
  return { state: 'fail', ...about, detail: 'does not answer', way };
}

function queueLine({ namespace, queue, kind, pollers }: QueueFact): Line {
  const about = { check: 'workers', subject: `${namespace}/${queue} (${kind})` };
  if (pollers === undefined) {
    return { state: 'warn', ...about, detail: 'the engine did not tell', way: 'see its line' };
  }
  if (pollers > 0) return { state: 'ok', ...about, detail: `${pollers} polling` };
  const way = 'start a worker of this party: until then its workflows stand still';
  return { state: 'fail', ...about, detail: 'nobody polls', way };
}

function keyLines({ isReached, published, activated }: KeysFact, now: Date): Line[] {
  const check = 'keys';
  if (!isReached) {
    const way = 'without it tokens verify only while verifiers remember the keys';
    return [{ state: 'fail', check, subject: 'JWKS', detail: 'does not answer', way }];
  }
  const owners = [...new Set(published.map(({ owner }) => owner))];
  return owners.map((owner) => {
    const has = (state: string) =>
      published.some((key) => key.owner === owner && key.state === state);
    const at = activated.find((key) => key.owner === owner)?.at;
    const days = at === undefined ? undefined : Math.floor((now.getTime() - at.getTime()) / DAY_MS);
    const age = days === undefined ? '' : `, signing for ${days} days`;
    const way = 'xwl key rotate, with --wl for a white label';
    if (!has('CURRENT') || !has('NEXT')) {
      return { state: 'fail', check, subject: owner, detail: 'no current and next key', way };
    }
    const detail = `current and next are published${age}`;
    if (days === undefined || days < KEY_OLD_DAYS)
      return { state: 'ok', check, subject: owner, detail };
    return { state: 'warn', check, subject: owner, detail, way };
  });
}

function breakerLine({ process, partner, value }: BreakerFact): Line {
  const about = { check: 'breaker', subject: `${process} → ${partner}` };
  if (value === 0) return { state: 'ok', ...about, detail: 'closed' };
  const way = "see that partner's gateway; it closes by itself once that answers";
  const isOpen = value > 1;
  return { state: isOpen ? 'fail' : 'warn', ...about, detail: isOpen ? 'open' : 'half-open', way };
}

function outboxLine({ process, lagSeconds, unsent }: OutboxFact): Line {
  const about = { check: 'outbox', subject: process };
  const detail = `${unsent} unsent, the oldest ${Math.round(lagSeconds)} s`;
  if (lagSeconds < OUTBOX_WARN_SECONDS) return { state: 'ok', ...about, detail };
  const way = 'see the Control Plane and the worker; nothing is lost, it is sent later';
  return { state: lagSeconds < OUTBOX_FAIL_SECONDS ? 'warn' : 'fail', ...about, detail, way };
}
