import type { Ports, PortKey } from './ports.ts';

/** The parties of the local stack: fixed, so that the source run book can be followed. */

export type PartySlug = 'cp' | 'exporter' | 'importer';
export type WlSlug = Exclude<PartySlug, 'cp'>;

export interface Party {
  readonly slug: PartySlug;
  readonly namespace: string;
  readonly database: string;
  /** Names a server of one's own for this party instead of the embedded one. */
  readonly databaseVariable: string;
  readonly host: string;
  readonly sanUri: string;
  readonly ports: Readonly<Record<'tls' | 'http' | 'workerHttp', PortKey>>;
}

export interface WlParty extends Party {
  readonly slug: WlSlug;
  readonly wlId: string;
  readonly currency: string;
  /** As the registry calls it. */
  readonly name: string;
}

export const CP: Party = {
  slug: 'cp',
  namespace: 'cp',
  database: 'cp',
  databaseVariable: 'DATABASE_URL_CP',
  host: 'cp.localhost',
  sanUri: 'urn:xpory:cp',
  ports: { tls: 'cpTls', http: 'cpHttp', workerHttp: 'cpWorkerHttp' },
};

export const EXPORTER: WlParty = {
  slug: 'exporter',
  wlId: 'fd1a88a9-3a01-43bb-ae20-32618c1b3752',
  name: 'wl-exporter',
  currency: 'XEX',
  namespace: 'wl-exporter',
  database: 'wl_exporter',
  databaseVariable: 'DATABASE_URL_EXPORTER',
  host: 'wl-exporter.localhost',
  sanUri: 'urn:xpory:wl:fd1a88a9-3a01-43bb-ae20-32618c1b3752',
  ports: { tls: 'exporterTls', http: 'exporterHttp', workerHttp: 'exporterWorkerHttp' },
};

export const IMPORTER: WlParty = {
  slug: 'importer',
  wlId: '2a6f8e2c-874c-4476-aac3-0d535fb52ac7',
  name: 'wl-importer',
  currency: 'XIM',
  namespace: 'wl-importer',
  database: 'wl_importer',
  databaseVariable: 'DATABASE_URL_IMPORTER',
  host: 'wl-importer.localhost',
  sanUri: 'urn:xpory:wl:2a6f8e2c-874c-4476-aac3-0d535fb52ac7',
  ports: { tls: 'importerTls', http: 'importerHttp', workerHttp: 'importerWorkerHttp' },
};

export const PARTIES: readonly Party[] = [CP, EXPORTER, IMPORTER];
export const WL_PARTIES: readonly WlParty[] = [EXPORTER, IMPORTER];

export function tlsUrl(party: Party, ports: Ports): string {
  return `https://${party.host}:${ports[party.ports.tls]}`;
}
