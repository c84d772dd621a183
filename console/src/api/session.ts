import { useSyncExternalStore } from 'react';

export type Role = 'master' | 'operator' | 'risk' | 'support' | 'auditor';

export interface Session {
  readonly token: string;
  readonly expiresAt: string;
  readonly user: {
    readonly id: string;
    readonly email: string;
    readonly name: string | null;
    readonly roles: readonly Role[];
  };
}

// Of this tab alone, and gone with it.
const STORED = 'xpory.session';

let current = read();
const listeners = new Set<() => void>();

function read(): Session | undefined {
  const stored = sessionStorage.getItem(STORED);
  if (stored === null) return undefined;
  const session = JSON.parse(stored) as Session;
  return Date.parse(session.expiresAt) > Date.now() ? session : undefined;
}

export function currentSession(): Session | undefined {
  return current;
}

/** Begins a session, or ends it. */
export function setSession(session: Session | undefined): void {
  current = session;
  if (session === undefined) sessionStorage.removeItem(STORED);
  else sessionStorage.setItem(STORED, JSON.stringify(session));
  for (const listener of listeners) listener();
}

/** Tells of each session that begins or ends; answers how to stop that. */
export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function useSession(): Session | undefined {
  return useSyncExternalStore(onSession, currentSession);
}

/** Whether one of the roles is held; a master holds every one. No role asked for: everybody. */
export function holdsRole(session: Session | undefined, roles: readonly Role[]): boolean {
  if (session === undefined) return false;
  if (roles.length === 0) return true;
  return session.user.roles.some((role) => role === 'master' || roles.includes(role));
}

export function useRole(...roles: readonly Role[]): boolean {
  return holdsRole(useSession(), roles);
}
